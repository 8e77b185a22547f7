import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestHttpServer, type TestHttpServer } from '../../../runtime/http/testing/test-server.ts';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { createDynamoUsage } from './dynamodb-usage.ts';

let server: TestHttpServer;
let status: number;
let answer: unknown;
beforeEach(async () => {
  status = 200;
  answer = {};
  server = await startTestHttpServer(() => ({ status, body: JSON.stringify(answer) }));
});
afterEach(() => server.close());
const asked = () =>
  server.calls.map(({ headers, body }) => ({
    target: headers['x-amz-target'],
    body: JSON.parse(body) as unknown,
  }));

function tableWith(now = () => 0) {
  return createDynamoUsage({
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret', region: 'eu-west-1' },
    endpoint: server.url,
    tableName: 'usage',
    timeoutMilliseconds: 5_000,
    breaker: new CircuitBreaker({ failuresToOpen: 2, cooldownMilliseconds: 1_000 }),
    now,
  });
}
const read = (table = tableWith()) => table.read('user:ada', '2026-11');

test("reads one item by the caller and the month's name", async () => {
  answer = {
    Item: { clientId: { S: 'user:ada' }, month: { S: '2026-11' }, requests: { N: '42' }, bytes: { N: '7' } },
  };
  expect(await read()).toEqual({ requests: 42, bytes: 7 });
  expect(asked()).toEqual([
    {
      target: 'DynamoDB_20120810.GetItem',
      body: {
        TableName: 'usage',
        Key: { clientId: { S: 'user:ada' }, month: { S: '2026-11' } },
        ConsistentRead: true,
      },
    },
  ]);
});

test.each([[{}], [{ Item: {} }]])('reads no usage as an answer: %j', async (body) => {
  answer = body;
  expect(await read()).toEqual({ requests: 0, bytes: 0 });
});

test.each([[{ S: '42' }], [{ N: 'many' }], [{ N: '-1' }], [{ N: '1.5' }], [null], ['42']])(
  'does not read an invalid count as zero: %j',
  async (requests) => {
    answer = { Item: { requests } };
    await expect(read()).rejects.toThrow('The attribute "requests" is not a count.');
  },
);

test('calls a failing table twice, and not again before the cool-down', async () => {
  let now = 0;
  status = 500;
  const table = tableWith(() => now);
  for (let i = 0; i < 2; i += 1) await expect(read(table)).rejects.toThrow('GetItem usage');
  await expect(read(table)).rejects.toThrow('circuit-open');
  expect(asked()).toHaveLength(2);
  now = 1_000;
  status = 200;
  expect(await read(table)).toEqual({ requests: 0, bytes: 0 });
});
