import { generateKeyPairSync, type KeyObject, randomBytes, randomUUID } from 'node:crypto';
import { createApiKey, hashApiKey } from '../../lambda/auth/identity/api-key.ts';
import { keyItemId } from '../../lambda/auth/identity/directory-item.ts';
import type { Item } from '../../runtime/aws/dynamodb-item.ts';
import type { LocalControl } from './target.ts';

/** Permissions of a registered client, and the fields that differ from the defaults. */
export interface Registration {
  readonly permissions: readonly string[];
  readonly plan?: string;
  /** Ranges in CIDR notation. */
  readonly addresses?: readonly string[];
  /** Additional attributes of the client's item: `suspended`, `expiresAt`. */
  readonly client?: Item;
  /** Additional attributes of the key's item: `expiresAt`. */
  readonly key?: Item;
}

/** Registers a new client with an API key. */
export async function registerApiKey(
  local: LocalControl,
  registration: Registration,
): Promise<{ readonly clientId: string; readonly key: string }> {
  const apiKey = createApiKey('local', randomBytes);
  const hash = hashApiKey(apiKey, await local.pepper());
  const secret = { hash: { B: Buffer.from(hash).toString('base64') } };
  const clientId = await register(local, registration, { keyId: apiKey.id, kind: 'api-key', secret });
  return { clientId, key: apiKey.text };
}

/** Registers a new client that signs requests with Ed25519. */
export async function registerSigner(
  local: LocalControl,
  registration: Registration,
): Promise<{ readonly clientId: string; readonly keyId: string; readonly privateKey: KeyObject }> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const keyId = `signer-${randomUUID()}`;
  const secret = {
    algorithm: { S: 'ed25519' },
    key: { S: String(publicKey.export({ type: 'spki', format: 'pem' })) },
  };
  const clientId = await register(local, registration, { keyId, kind: 'signature', secret });
  return { clientId, keyId, privateKey };
}

interface Credential {
  readonly keyId: string;
  readonly kind: 'api-key' | 'signature';
  readonly secret: Item;
}

async function register(
  local: LocalControl,
  { permissions, plan = 'pro', addresses, client, key }: Registration,
  { keyId, kind, secret }: Credential,
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
