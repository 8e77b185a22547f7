import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApiKey, hashApiKey } from '../../lambda/auth/identity/api-key.ts';
import { createDynamoDirectory } from '../../lambda/auth/identity/dynamodb-client-directory.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { createLog } from '../../runtime/logging/log.ts';
import { type EmulatedAccount, startEmulatedAccount } from './emulated-account.ts';

const region = 'eu-west-1';
const tableName = 'clients';
const pepper = 'a pepper that is long enough to be one';

let engine: EmulatedAccount;
beforeAll(async () => {
  engine = await startEmulatedAccount(region);
});
afterAll(() => engine.stop());

async function dynamo(operation: string, body: unknown): Promise<void> {
  const response = await engine.call('dynamodb', region, '/', {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `DynamoDB_20120810.${operation}`,
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${operation} answered ${response.status}: ${await response.text()}`);
}

function directory() {
  const { AWS_ENDPOINT_URL: endpoint = '', AWS_ACCESS_KEY_ID: accessKeyId = '' } = engine.environment;
  return createDynamoDirectory({
    credentials: { accessKeyId, secretAccessKey: 'not-a-secret', region },
    endpoint,
    tableName,
    timeoutMilliseconds: 10_000,
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: () => performance.now(),
    log: createLog(() => undefined),
  });
}

test('the directory is unavailable, not empty, before the table exists', async () => {
  expect(await directory().find('abc')).toMatchObject({ kind: 'unavailable' });
});

test('a key is created, found, rotated and deleted', async () => {
  await dynamo('CreateTable', {
    TableName: tableName,
    AttributeDefinitions: [{ AttributeName: 'clientId', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'clientId', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  const key = createApiKey('prod', randomBytes);
  const rolled = createApiKey('prod', randomBytes, key.id);
  const secretOf = (made: typeof key, expiresAt: object = {}) => ({
    M: { hash: { B: Buffer.from(hashApiKey(made, pepper)).toString('base64') }, ...expiresAt },
  });
  const item = {
    clientId: { S: `key#${key.id}` },
    kind: { S: 'api-key' },
    client: { S: 'acme' },
    permissions: { SS: ['orders:read', 'orders:write'] },
    addresses: { SS: ['192.0.2.0/24'] },
  };
  await dynamo('PutItem', {
    TableName: tableName,
    Item: { ...item, secrets: { L: [secretOf(key)] } },
  });
  await dynamo('PutItem', {
    TableName: tableName,
    Item: { clientId: { S: 'acme' }, plan: { S: 'pro' }, suspended: { BOOL: false } },
  });

  expect(await directory().find('another')).toEqual({ kind: 'unknown' });
  const first = await directory().find(key.id);
  expect(first).toMatchObject({
    kind: 'found',
    credential: {
      kind: 'api-key',
      keyId: key.id,
      client: { clientId: 'acme', plan: 'pro', monthStartDay: 1, isSuspended: false, expiresAtSeconds: null },
      expiresAtSeconds: null,
      hashes: [{ expiresAtSeconds: null }],
    },
  });
  expect(hashesOf(first)).toEqual([hashApiKey(key, pepper)].map(hex));

  await dynamo('PutItem', {
    TableName: tableName,
    Item: { ...item, secrets: { L: [secretOf(rolled), secretOf(key, { expiresAt: { N: '1800000000' } })] } },
  });
  const both = await directory().find(key.id);
  expect(both).toMatchObject({
    credential: { hashes: [{ expiresAtSeconds: null }, { expiresAtSeconds: 1_800_000_000 }] },
  });
  expect(hashesOf(both)).toEqual([rolled, key].map((made) => hex(hashApiKey(made, pepper))));

  await dynamo('DeleteItem', { TableName: tableName, Key: { clientId: { S: `key#${key.id}` } } });
  expect(await directory().find(key.id)).toEqual({ kind: 'unknown' });
});

function hashesOf(answer: Awaited<ReturnType<ReturnType<typeof directory>['find']>>): string[] {
  if (answer.kind !== 'found' || answer.credential.kind !== 'api-key') return [];
  return answer.credential.hashes.map(({ hash }) => hex(hash));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
