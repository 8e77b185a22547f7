import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { RegisteredClient } from './client-registry.ts';
import type { Item, Table, WriteResult } from './dynamodb.ts';

/** A key as operators may see it: nothing of its secrets but how many there are. */
export interface RegisteredKey {
  readonly keyId: string;
  readonly clientId: string;
  readonly permissions: readonly string[];
  /** Where it may call from, in CIDR notation; null is anywhere. */
  readonly addresses: readonly string[] | null;
  /** Instant in UTC; null is never. */
  readonly expiresAt: string | null;
  /** The latest first; a rolled key has two until the older expires. */
  readonly secrets: readonly { readonly expiresAt: string | null }[];
}

/** The keys of the clients' table, in the shape that `lambda/auth/identity/directory-item.ts` reads. */
export interface KeyRegistry {
  ofClient(client: RegisteredClient): Promise<readonly RegisteredKey[]>;
  find(keyId: string): Promise<RegisteredKey | undefined>;
  /** `conflict` when the client is gone, or there is such a key. */
  add(key: Omit<RegisteredKey, 'secrets'>, hash: Uint8Array): Promise<WriteResult>;
  /**
   * Adds a secret; the latest one until now ends at `previousUntil`, and those that have ended are left out. `conflict`
   * when somebody else rolls it at the same time. Instants in milliseconds.
   */
  rotate(keyId: string, hash: Uint8Array, previousUntil: number, now: number): Promise<WriteResult>;
  /** Ends the key at this instant, in milliseconds. `conflict` when it is gone. */
  end(keyId: string, at: number): Promise<WriteResult>;
}

const itemId = (keyId: string) => `key#${keyId}`;

export function createKeyRegistry(table: Table): KeyRegistry {
  const item = (keyId: string) => table.get({ clientId: { S: itemId(keyId) } });
  const find = async (keyId: string) => {
    const found = await item(keyId);
    return found === undefined ? undefined : keyOf(keyId, found);
  };
  return {
    find,
    async ofClient({ keys }) {
      const found = await Promise.all([...keys].sort().map(find));
      return found.filter((key) => key !== undefined);
    },
    async add({ keyId, clientId, permissions, addresses, expiresAt }, hash) {
      // First the client's list: a key without its name there would be forgotten, a name without its key does no harm.
      const noted = await table.update({
        Key: { clientId: { S: clientId } },
        UpdateExpression: 'ADD #keys :key',
        ConditionExpression: 'attribute_exists(clientId)',
        ExpressionAttributeNames: { '#keys': 'keys' },
        ExpressionAttributeValues: { ':key': { SS: [keyId] } },
      });
      if (noted === 'conflict') return noted;
      return await table.put({
        Item: {
          clientId: { S: itemId(keyId) },
          kind: { S: 'api-key' },
          client: { S: clientId },
          secrets: { L: [secret(hash)] },
          ...(permissions.length === 0 ? {} : { permissions: { SS: [...permissions] } }),
          ...(addresses === null ? {} : { addresses: { SS: [...addresses] } }),
          ...(expiresAt === null ? {} : { expiresAt: seconds(Date.parse(expiresAt)) }),
        },
        ConditionExpression: 'attribute_not_exists(clientId)',
      });
    },
    async rotate(keyId, hash, previousUntil, now) {
      const [latest, ...older] = (await item(keyId))?.['secrets']?.L ?? [];
      const latestHash = latest?.M?.['hash'];
      if (latest === undefined || latestHash === undefined) return 'conflict';
      const former = { M: { ...latest.M, expiresAt: seconds(Math.min(previousUntil, endOf(latest))) } };
      const kept = [former, ...older].filter((entry) => endOf(entry) > now);
      return await table.update({
        Key: { clientId: { S: itemId(keyId) } },
        UpdateExpression: 'SET secrets = :after',
        // Every roll puts another in the first place.
        ConditionExpression: 'secrets[0].#hash = :latest',
        ExpressionAttributeNames: { '#hash': 'hash' },
        ExpressionAttributeValues: { ':latest': latestHash, ':after': { L: [secret(hash), ...kept] } },
      });
    },
    end: (keyId, at) =>
      table.update({
        Key: { clientId: { S: itemId(keyId) } },
        UpdateExpression: 'SET expiresAt = :at',
        ConditionExpression: 'attribute_exists(clientId)',
        ExpressionAttributeValues: { ':at': seconds(at) },
      }),
  };
}

function keyOf(keyId: string, item: Item): RegisteredKey {
  return {
    keyId,
    clientId: item['client']?.S ?? '-',
    permissions: item['permissions']?.SS ?? [],
    addresses: item['addresses']?.SS ?? null,
    expiresAt: instantOf(item['expiresAt']),
    secrets: (item['secrets']?.L ?? []).map(({ M }) => ({ expiresAt: instantOf(M?.['expiresAt']) })),
  };
}

function secret(hash: Uint8Array): AttributeValue {
  return { M: { hash: { B: hash } } };
}

/** Seconds since the epoch. */
function seconds(milliseconds: number): AttributeValue {
  return { N: String(Math.floor(milliseconds / 1_000)) };
}

function endOf({ M }: AttributeValue): number {
  const end = M?.['expiresAt']?.N;
  return end === undefined ? Number.MAX_SAFE_INTEGER : Number(end) * 1_000;
}

function instantOf(attribute: AttributeValue | undefined): string | null {
  return attribute?.N === undefined ? null : new Date(Number(attribute.N) * 1_000).toISOString();
}
