import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { RegisteredClient } from './client-registry.ts';
import type { Item, Table, WriteResult } from './dynamodb.ts';

/** An API key without its secrets. */
export interface RegisteredKey {
  readonly keyId: string;
  readonly clientId: string;
  readonly permissions: readonly string[];
  /** Address ranges from which it may be used, in CIDR notation; null means any. */
  readonly addresses: readonly string[] | null;
  /** UTC timestamp; null means never. */
  readonly expiresAt: string | null;
  /** The latest first. A rotated key has two until the older one expires. */
  readonly secrets: readonly { readonly expiresAt: string | null }[];
}

/** API keys in the clients table, in the format that `lambda/auth/identity/directory-item.ts` reads. */
export interface KeyRegistry {
  ofClient(client: RegisteredClient): Promise<readonly RegisteredKey[]>;
  find(keyId: string): Promise<RegisteredKey | undefined>;
  /** `conflict` when the client does not exist, or the key exists already. */
  add(key: Omit<RegisteredKey, 'secrets'>, hash: Uint8Array): Promise<WriteResult>;
  /**
   * Adds a secret. The previous secret expires at `previousUntil`; expired secrets are removed. `conflict` when another
   * rotation happens at the same time. Times in milliseconds.
   */
  rotate(keyId: string, hash: Uint8Array, previousUntil: number, now: number): Promise<WriteResult>;
  /** Replaces what a key may do; null removes a limit. `conflict` when the key does not exist. */
  set(
    keyId: string,
    key: Pick<RegisteredKey, 'permissions' | 'addresses' | 'expiresAt'>,
  ): Promise<WriteResult>;
  /** Expires the key at this time, in milliseconds. `conflict` when it does not exist. */
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
      // The list of the client is written first: a listed key without item is harmless, but a key that is not listed
      // could not be found.
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
        // Every rotation puts a new secret in the first place.
        ConditionExpression: 'secrets[0].#hash = :latest',
        ExpressionAttributeNames: { '#hash': 'hash' },
        ExpressionAttributeValues: { ':latest': latestHash, ':after': { L: [secret(hash), ...kept] } },
      });
    },
    set: (keyId, key) => table.update({ Key: { clientId: { S: itemId(keyId) } }, ...updateOf(key) }),
    end: (keyId, at) =>
      table.update({
        Key: { clientId: { S: itemId(keyId) } },
        UpdateExpression: 'SET expiresAt = :at',
        ConditionExpression: 'attribute_exists(clientId)',
        ExpressionAttributeValues: { ':at': seconds(at) },
      }),
  };
}

/** The update that sets what is given, and removes what is not. */
function updateOf({
  permissions,
  addresses,
  expiresAt,
}: Parameters<KeyRegistry['set']>[1]): Omit<Parameters<Table['update']>[0], 'Key'> {
  const values: readonly (readonly [string, AttributeValue | undefined])[] = [
    ['permissions', permissions.length === 0 ? undefined : { SS: [...permissions] }],
    ['addresses', addresses === null ? undefined : { SS: [...addresses] }],
    ['expiresAt', expiresAt === null ? undefined : seconds(Date.parse(expiresAt))],
  ];
  const kept = values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const sets = kept.map(([name]) => `#${name} = :${name}`).join(', ');
  const removes = values.flatMap(([name, value]) => (value === undefined ? [`#${name}`] : [])).join(', ');
  return {
    UpdateExpression: [
      ...(sets === '' ? [] : [`SET ${sets}`]),
      ...(removes === '' ? [] : [`REMOVE ${removes}`]),
    ].join(' '),
    ConditionExpression: 'attribute_exists(clientId)',
    ExpressionAttributeNames: Object.fromEntries(values.map(([name]) => [`#${name}`, name])),
    ...(kept.length === 0
      ? {}
      : { ExpressionAttributeValues: Object.fromEntries(kept.map(([name, value]) => [`:${name}`, value])) }),
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
