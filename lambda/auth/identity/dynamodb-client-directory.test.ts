import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Item } from '../../../runtime/aws/dynamodb-item.ts';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { createLog } from '../../../runtime/logging/log.ts';
import { createDynamoDirectory } from './dynamodb-client-directory.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Asked {
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A directory on a server that gives the scripted answers, or one of these items without a script. */
async function directoryOf(
  items: Readonly<Record<string, Item>> | undefined,
  answer: (response: ServerResponse) => void = () => undefined,
  timeoutMilliseconds = 10_000,
) {
  const asked: Asked[] = [];
  const lines: unknown[] = [];
  let now = 0;
  server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      const body = JSON.parse(text) as { Key: { clientId: { S: string } } };
      asked.push({ headers: request.headers, body });
      answer(response);
      if (response.writableEnded || response.destroyed || items === undefined) return;
      const item = items[body.Key.clientId.S];
      response.end(JSON.stringify(item === undefined ? {} : { Item: item }));
    });
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const directory = createDynamoDirectory({
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret', region: 'eu-west-1' },
    endpoint: `http://127.0.0.1:${port}`,
    tableName: 'clients',
    timeoutMilliseconds,
    breaker: new CircuitBreaker({ failuresToOpen: 2, cooldownMilliseconds: 1_000 }),
    now: () => now,
    log: createLog((line) => lines.push(JSON.parse(line))),
  });
  const wait = (milliseconds: number) => {
    now += milliseconds;
  };
  return { directory, asked, lines, wait };
}

const hash = Buffer.alloc(32, 9);
const key: Item = {
  clientId: { S: 'key#abc' },
  kind: { S: 'api-key' },
  client: { S: 'acme' },
  permissions: { SS: ['orders:read'] },
  secrets: { L: [{ M: { hash: { B: hash.toString('base64') } } }] },
};
const acme: Item = { clientId: { S: 'acme' }, plan: { S: 'pro' }, suspended: { BOOL: true } };

test('reads a key and its client in signed, strongly consistent calls', async () => {
  const { directory, asked } = await directoryOf({ 'key#abc': key, acme });
  expect(await directory.find('abc')).toEqual({
    kind: 'found',
    credential: {
      kind: 'api-key',
      keyId: 'abc',
      client: { clientId: 'acme', plan: 'pro', monthStartDay: 1, isSuspended: true, expiresAtSeconds: null },
      permissions: ['orders:read'],
      addresses: null,
      expiresAtSeconds: null,
      hashes: [{ hash, expiresAtSeconds: null }],
    },
  });
  expect(asked.map(({ body }) => body)).toEqual(
    ['key#abc', 'acme'].map((id) => ({
      TableName: 'clients',
      Key: { clientId: { S: id } },
      ConsistentRead: true,
    })),
  );
  for (const { headers } of asked) {
    expect(headers).toMatchObject({
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/dynamodb\/aws4_request, /,
      ) as string,
    });
  }
});

test('reports a key without an item as unknown, and logs nothing', async () => {
  const { directory, lines } = await directoryOf({ acme });
  expect(await directory.find('abc')).toEqual({ kind: 'unknown' });
  expect(lines).toEqual([]);
});

test.each<[string, Readonly<Record<string, Item>>, string]>([
  ['an unreadable key', { 'key#abc': { ...key, kind: { S: '?' } }, acme }, 'kind'],
  ['an unreadable client', { 'key#abc': key, acme: { clientId: { S: 'acme' } } }, 'plan'],
  ['a missing client', { 'key#abc': key }, 'clientId'],
])('reports %s as unknown, and logs an error', async (_name, items, attribute) => {
  const { directory, lines } = await directoryOf(items);
  for (let i = 0; i < 3; i += 1) expect(await directory.find('abc')).toEqual({ kind: 'unknown' });
  expect(lines[2]).toMatchObject({
    level: 'error',
    keyId: 'abc',
    reason: expect.stringContaining(`"${attribute}"`) as string,
  });
});

test.each<[string, (response: ServerResponse) => void]>([
  ['refuses', (response) => response.writeHead(400).end('{"__type":"AccessDeniedException"}')],
  ['fails', (response) => response.writeHead(500).end()],
  ['answers with something other than JSON', (response) => response.end('<html>')],
  ['hangs up', (response) => response.destroy()],
])(
  'reports a service that %s as unavailable, and calls it again only by one probe per cool-down',
  async (_name, answer) => {
    const { directory, asked, lines, wait } = await directoryOf({}, answer);
    for (let i = 0; i < 10; i += 1)
      expect(await directory.find('abc')).toMatchObject({ kind: 'unavailable' });
    expect(asked).toHaveLength(2);
    expect(lines).toHaveLength(2);
    wait(1_000);
    const probes = await Promise.all(Array.from({ length: 10 }, () => directory.find('abc')));
    expect(probes.filter((probe) => probe.kind === 'unavailable')).toHaveLength(10);
    expect(asked).toHaveLength(3);
  },
);

test('detects a recovered service, whatever its answer', async () => {
  let isUnavailable = true;
  const faulty = { ...key, kind: { S: '?' } };
  const { directory, wait } = await directoryOf({ 'key#abc': faulty }, (response) => {
    if (isUnavailable) response.writeHead(500).end();
  });
  for (let i = 0; i < 3; i += 1) expect(await directory.find('abc')).toMatchObject({ kind: 'unavailable' });
  isUnavailable = false;
  wait(1_000);
  for (let i = 0; i < 3; i += 1) expect(await directory.find('abc')).toEqual({ kind: 'unknown' });
});

test('reports a service that does not answer in time as unavailable', async () => {
  const { directory } = await directoryOf(undefined, undefined, 20);
  expect(await directory.find('abc')).toMatchObject({
    kind: 'unavailable',
    reason: expect.stringContaining('DeadlineExceededError') as string,
  });
});
