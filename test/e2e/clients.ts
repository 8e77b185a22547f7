import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { createApiKey, hashApiKey } from '../../lambda/auth/identity/api-key.ts';
import { keyItemId } from '../../lambda/auth/identity/directory-item.ts';
import type { Item } from '../../runtime/aws/dynamodb-item.ts';
import type { LocalControl } from './target.ts';

/** What a registered client may do, and where the default would not do. */
export interface Registration {
  readonly permissions: readonly string[];
  readonly plan?: string;
  /** Ranges in CIDR notation. */
  readonly addresses?: readonly string[];
  /** Of the client's item: `suspended`, `expiresAt`. */
  readonly client?: Item;
  /** Of the key's item: `expiresAt`. */
  readonly key?: Item;
}

/** Registers a new client with an API key. */
export async function registerApiKey(
  local: LocalControl,
  registration: Registration,
): Promise<{ readonly clientId: string; readonly key: string }> {
  const apiKey = createApiKey('local', randomBytes);
  const hash = hashApiKey(apiKey, await local.pepper());
  const clientId = await register(local, registration, apiKey.id, 'api-key', {
    hash: { B: Buffer.from(hash).toString('base64') },
  });
  return { clientId, key: apiKey.text };
}

/** Registers a new client that signs with Ed25519. */
export async function registerSigner(
  local: LocalControl,
  registration: Registration,
): Promise<{ readonly clientId: string; readonly keyId: string; readonly privateKey: KeyObject }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = `signer-${randomUUID()}`;
  const clientId = await register(local, registration, keyId, 'signature', {
    algorithm: { S: 'ed25519' },
    key: { S: String(publicKey.export({ type: 'spki', format: 'pem' })) },
  });
  return { clientId, keyId, privateKey };
}

async function register(
  local: LocalControl,
  { permissions, plan = 'pro', addresses, client, key }: Registration,
  keyId: string,
  kind: 'api-key' | 'signature',
  secret: Item,
): Promise<string> {
  const clientId = `client-${randomUUID()}`;
  await local.registerItem({ clientId: { S: clientId }, plan: { S: plan }, ...client });
  await local.registerItem({
    clientId: { S: keyItemId(keyId) },
    kind: { S: kind },
    client: { S: clientId },
    secrets: { L: [{ M: secret }] },
    permissions: { SS: permissions },
    ...(addresses === undefined ? {} : { addresses: { SS: addresses } }),
    ...key,
  });
  return clientId;
}
