import type { Item, Table, WriteResult } from './dynamodb.ts';

/** A registered client, stored in the format that `lambda/auth/identity/directory-item.ts` reads. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly name: string;
  readonly plan: string;
  readonly isSuspended: boolean;
  /** Day of the month, 1 to 31, on which its quota month begins; 1 is the calendar month. */
  readonly monthStartDay: number;
  /** UTC timestamp; null means never. */
  readonly expiresAt: string | null;
  /** Ids of its keys. */
  readonly keys: readonly string[];
}

/** Registered clients in the clients table. */
export interface ClientRegistry {
  list(): Promise<readonly RegisteredClient[]>;
  find(clientId: string): Promise<RegisteredClient | undefined>;
  /** `conflict` when the id is already registered. */
  add(
    client: Pick<RegisteredClient, 'clientId' | 'name' | 'plan' | 'expiresAt' | 'monthStartDay'>,
  ): Promise<WriteResult>;
  /** `conflict` when the client does not exist or already has this state. */
  suspend(clientId: string, suspended: boolean): Promise<WriteResult>;
  /** `conflict` when the client does not exist. Its keys stay, for the audit. */
  remove(clientId: string): Promise<WriteResult>;
}

/** Client ids contain no `#`; items of keys have the id `key#` and the key id. */
const keyMark = 'key#';

export function createClientRegistry(table: Table): ClientRegistry {
  return {
    async list() {
      const items = await table.scan({
        FilterExpression: 'NOT begins_with(clientId, :key)',
        ExpressionAttributeValues: { ':key': { S: keyMark } },
      });
      return items.map(clientOf).sort((one, other) => one.clientId.localeCompare(other.clientId));
    },
    async find(clientId) {
      const item = await table.get({ clientId: { S: clientId } });
      return item === undefined ? undefined : clientOf(item);
    },
    add: ({ clientId, name, plan, expiresAt, monthStartDay }) =>
      table.put({
        Item: {
          clientId: { S: clientId },
          name: { S: name },
          plan: { S: plan },
          ...(monthStartDay === 1 ? {} : { monthStartDay: { N: String(monthStartDay) } }),
          ...(expiresAt === null
            ? {}
            : { expiresAt: { N: String(Math.floor(Date.parse(expiresAt) / 1_000)) } }),
        },
        ConditionExpression: 'attribute_not_exists(clientId)',
      }),
    remove: (clientId) =>
      table.remove({ Key: { clientId: { S: clientId } }, ConditionExpression: 'attribute_exists(clientId)' }),
    suspend: (clientId, suspended) =>
      table.update({
        Key: { clientId: { S: clientId } },
        UpdateExpression: 'SET suspended = :suspended',
        ConditionExpression:
          'attribute_exists(clientId) AND (attribute_not_exists(suspended) OR suspended <> :suspended)',
        ExpressionAttributeValues: { ':suspended': { BOOL: suspended } },
      }),
  };
}

function clientOf(item: Item): RegisteredClient {
  const clientId = item['clientId']?.S ?? '';
  const expiresAt = item['expiresAt']?.N;
  return {
    clientId,
    name: item['name']?.S ?? clientId,
    plan: item['plan']?.S ?? '-',
    monthStartDay: Number(item['monthStartDay']?.N ?? 1),
    isSuspended: item['suspended']?.BOOL ?? false,
    expiresAt: expiresAt === undefined ? null : new Date(Number(expiresAt) * 1_000).toISOString(),
    keys: item['keys']?.SS ?? [],
  };
}
