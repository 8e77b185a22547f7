import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CircuitBreaker } from '../shared/store/circuit-breaker.ts';
import { createDynamoUsage } from './dynamo-usage.ts';

let server: Server;
let asked: { readonly target: unknown; readonly body: unknown }[];
let status: number;
let answer: unknown;
beforeAll(async () => {
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      asked.push({ target: request.headers['x-amz-target'], body: JSON.parse(text) });
      response.statusCode = status;
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterAll(() => new Promise((done) => server.close(done)));
beforeEach(() => {
  asked = [];
  status = 200;
  answer = {};
});

function tableWith(now = () => 0) {
  return createDynamoUsage({
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret', region: 'eu-west-1' },
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tableName: 'usage',
    timeoutMilliseconds: 5_000,
    breaker: new CircuitBreaker({ failuresToOpen: 2, cooldownMilliseconds: 1_000 }),
    now,
  });
}
const read = (table = tableWith()) => table.read('user:ada', '2026-11');

test("reads one item by whom it counts and the month's name", async () => {
  answer = {
    Item: { clientId: { S: 'user:ada' }, month: { S: '2026-11' }, requests: { N: '42' }, bytes: { N: '7' } },
  };
  expect(await read()).toEqual({ requests: 42, bytes: 7 });
  expect(asked).toEqual([
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

test.each([[{}], [{ Item: {} }]])('nothing used is an answer: %j', async (body) => {
  answer = body;
  expect(await read()).toEqual({ requests: 0, bytes: 0 });
});

test.each([[{ S: '42' }], [{ N: 'many' }], [{ N: '-1' }], [{ N: '1.5' }], [null], ['42']])(
  'what is no count is not read as nothing: %j',
  async (requests) => {
    answer = { Item: { requests } };
    await expect(read()).rejects.toThrow('The attribute "requests" is not a count.');
  },
);

test('a table that fails is asked twice, and not again before the cool-down', async () => {
  let now = 0;
  status = 500;
  const table = tableWith(() => now);
  for (let i = 0; i < 2; i += 1) await expect(read(table)).rejects.toThrow('GetItem usage');
  await expect(read(table)).rejects.toThrow('circuit-open');
  expect(asked).toHaveLength(2);
  now = 1_000;
  status = 200;
  expect(await read(table)).toEqual({ requests: 0, bytes: 0 });
});
