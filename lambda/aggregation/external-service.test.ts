import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, expect, test } from 'vitest';
import { createLog } from '../../runtime/logging/log.ts';
import { createAggregator } from './aggregator.ts';
import { variantKey } from './contract.ts';
import { maxBodyBytes } from './encoded-body.ts';
import { HttpUpstream } from './http-upstream.ts';
import { emptyCache } from './testing/composition-fixtures.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** A real carrier service that answers like this, with the forwarder in front of it. */
async function forwarderTo(listener: RequestListener, timeoutSeconds = 5) {
  server = createServer(listener);
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return forwarderAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, timeoutSeconds);
}

function forwarderAt(url: string, timeoutSeconds = 5) {
  const lines: string[] = [];
  const forward = createAggregator({
    compositions: {
      routes: { 'GET /api/shipping/rates': { kind: 'external', service: 'carrier', url, timeoutSeconds } },
      externals: { carrier: url },
    },
    upstream: new HttpUpstream({ baseUrl: () => url, maxConnections: 4, now: () => performance.now() }),
    cache: emptyCache,
    now: () => performance.now(),
    wait: () => Promise.resolve(),
    random: () => 0,
    log: createLog((line) => lines.push(line)),
  });
  return { forward, lines };
}

const eventOf = (part: Record<string, unknown> = {}, decision: Record<string, string> = {}) => ({
  version: '2.0',
  routeKey: 'GET /api/shipping/rates',
  rawPath: '/api/shipping/rates',
  rawQueryString: 'to=DE',
  headers: { accept: 'application/json', authorization: 'Bearer a.b.c' },
  requestContext: {
    requestId: 'r-1',
    http: { method: 'GET' },
    authorizer: {
      lambda: {
        decision: 'allow',
        service: 'carrier',
        userId: 'ada',
        policyVersion: 'v1',
        rateLimit: '"user";r=1;t=1',
        cacheControl: 'private, no-store',
        ...decision,
      },
    },
  },
  ...part,
});

test("forwards a call, and returns its answer with the gateway's headers", async () => {
  const { forward, lines } = await forwarderTo((request, response) => {
    response.writeHead(201, {
      'content-type': 'application/json',
      'cache-control': 'public',
      'set-cookie': ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
      'x-hop': 'dropped',
      connection: 'x-hop',
      etag: '"1"',
    });
    const { url, method, headers } = request;
    response.end(
      JSON.stringify({ url, method, user: headers['x-user-id'], token: headers['authorization'] }),
    );
  });
  const answer = await forward(eventOf());
  expect(answer).toMatchObject({
    statusCode: 201,
    cookies: ['a=1; Path=/', 'b=2; Expires=Wed, 21 Oct 2026 07:28:00 GMT'],
    isBase64Encoded: false,
  });
  expect(JSON.parse(answer.body)).toEqual({ url: '/api/shipping/rates?to=DE', method: 'GET', user: 'ada' });
  expect(answer.headers).toEqual({
    'content-type': 'application/json',
    'cache-control': 'private, no-store',
    date: expect.any(String) as string,
    etag: '"1"',
    ratelimit: '"user";r=1;t=1',
    'x-gateway-policy': 'v1',
    'x-request-id': 'r-1',
  });
  expect(lines).toEqual([]);
});

test.each([
  ['text', Buffer.from('größer'), false],
  ['bytes that are not text', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff]), true],
  ['zero bytes, which JSON escapes sixfold', Buffer.alloc(8), true],
  ['nothing', Buffer.alloc(0), false],
])('returns %s byte by byte', async (_, bytes, isBase64Encoded) => {
  const { forward } = await forwarderTo((_request, response) => response.end(bytes));
  const answer = await forward(eventOf());
  expect(answer.isBase64Encoded).toBe(isBase64Encoded);
  expect(Buffer.from(answer.body, isBase64Encoded ? 'base64' : 'utf8')).toEqual(bytes);
});

test('decodes a content coding, and removes its header', async () => {
  const { forward } = await forwarderTo((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    response.end(gzipSync('plain'));
  });
  const answer = await forward(eventOf());
  expect(answer.body).toBe('plain');
  expect(answer.headers).not.toHaveProperty('content-encoding');
  expect(answer.headers).not.toHaveProperty('content-length');
});

test.each([204, 301, 304, 404, 500])('returns the status %i unchanged', async (status) => {
  const { forward } = await forwarderTo((_request, response) => {
    response.writeHead(status, status === 301 ? { location: '/elsewhere' } : {});
    response.end();
  });
  const answer = await forward(eventOf());
  expect(answer.statusCode).toBe(status);
  expect(answer.headers['location']).toBe(status === 301 ? '/elsewhere' : undefined);
});

const problemOf = (answer: { readonly body: string }) => JSON.parse(answer.body) as unknown;

test('answers 502 with the name of a service that cannot be reached, and logs it', async () => {
  const { forward, lines } = forwarderAt('http://127.0.0.1:1');
  const answer = await forward(eventOf());
  expect(answer).toMatchObject({
    statusCode: 502,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-request-id': 'r-1',
    },
  });
  expect(problemOf(answer)).toEqual({
    type: 'about:blank',
    title: 'Bad Gateway',
    status: 502,
    detail: 'The service "carrier" cannot be reached.',
  });
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'warn', service: 'carrier', requestId: 'r-1' });
});

test.each([
  ['before its headers', () => undefined],
  [
    'within its body',
    (_request: unknown, response: { write(text: string): void }) => {
      response.write('{');
    },
  ],
])('answers 504 with the name of a service that stalls %s', async (_, listener) => {
  const { forward } = await forwarderTo(listener, 0.2);
  const answer = await forward(eventOf());
  expect(answer.statusCode).toBe(504);
  expect(problemOf(answer)).toMatchObject({ detail: 'The service "carrier" did not answer in time.' });
});

test('answers 502 when a service hangs up within its answer', async () => {
  const { forward } = await forwarderTo((_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{', () => response.destroy());
  });
  expect((await forward(eventOf())).statusCode).toBe(502);
});

test('answers 502 when a function cannot return the answer', async () => {
  const { forward } = await forwarderTo((_request, response) => response.end(Buffer.alloc(maxBodyBytes + 1)));
  const answer = await forward(eventOf());
  expect(answer.statusCode).toBe(502);
  expect(problemOf(answer)).toMatchObject({
    detail: 'The answer of the service "carrier" is too long to be returned.',
  });
});

test('answers 400 to a path that leads out of the service, and sends no request', async () => {
  let asked = 0;
  const { forward } = await forwarderTo((_request, response) => {
    asked += 1;
    response.end();
  });
  expect((await forward(eventOf({ rawPath: '@evil.example.com/' }))).statusCode).toBe(400);
  expect(asked).toBe(0);
});

test('sends no request that the decision refuses', async () => {
  let asked = 0;
  const { forward } = await forwarderTo((_request, response) => {
    asked += 1;
    response.end();
  });
  const statuses = [
    await forward(eventOf({}, { decision: 'throttled', retryAfter: '3' })),
    await forward(eventOf({}, { decision: 'unauthenticated' })),
    await forward(eventOf({}, { service: 'order' })),
    await forward(eventOf({ requestContext: {} })),
    await forward(eventOf({ routeKey: 'GET /api/orders' })),
    await forward(undefined),
  ].map(({ statusCode }) => statusCode);
  expect(statuses).toEqual([429, 401, 403, 403, 403, 403]);
  expect(asked).toBe(0);
});

test('answers with the variant that the decision names in place of the route', async () => {
  const key = 'GET /api/shipping/rates';
  const { port } = await new Promise<AddressInfo>((done) => {
    server = createServer((_, answer) => answer.end('{}')).listen(0, '127.0.0.1', () =>
      done(server?.address() as AddressInfo),
    );
  });
  const url = `http://127.0.0.1:${port}`;
  const nowhere = 'http://127.0.0.1:9';
  const aggregate = createAggregator({
    compositions: {
      routes: {
        [key]: { kind: 'external', service: 'carrier', url: nowhere, timeoutSeconds: 5 },
        [variantKey(key, 'courier')]: { kind: 'external', service: 'courier', url, timeoutSeconds: 5 },
      },
      externals: { carrier: nowhere, courier: url },
    },
    upstream: new HttpUpstream({
      baseUrl: (service) => (service === 'courier' ? url : nowhere),
      maxConnections: 4,
      now: () => performance.now(),
    }),
    cache: emptyCache,
    now: () => performance.now(),
    wait: () => Promise.resolve(),
    random: () => 0,
    log: createLog(() => undefined),
  });
  expect((await aggregate(eventOf({}, { service: 'courier' }))).statusCode).toBe(200);
  expect((await aggregate(eventOf())).statusCode).toBe(502);
  expect((await aggregate(eventOf({}, { service: 'order' }))).statusCode).toBe(403);
});

test("drops the gateway's own fields of a service's answer, and keeps the service's", async () => {
  const { forward } = await forwarderTo((_request, response) => {
    response.writeHead(403, {
      'x-gw-decision': 'allow',
      'X-Gateway-Completed': 'true',
      'x-gateway-policy': 'forged',
      'x-request-id': 'forged',
      ratelimit: '"user";r=9;t=1',
      'ratelimit-policy': 'forged',
      'x-ratelimit-remaining': '9',
      'x-quota-remaining': '9',
      'x-carrier': 'kept',
      'retry-after': '120',
    });
    response.end('{}');
  });
  const { headers } = await forward(eventOf());
  expect(headers).toEqual({
    'x-carrier': 'kept',
    'retry-after': '120',
    'cache-control': 'no-store',
    'x-gateway-policy': 'v1',
    'x-request-id': 'r-1',
    date: expect.any(String) as string,
  });
});

test.each([
  [401, 'www-authenticate', 'Basic realm="carrier"'],
  [429, 'retry-after', '120'],
  [503, 'retry-after', 'Wed, 21 Oct 2026 07:28:00 GMT'],
])("keeps a service's %i header %s", async (status, name, value) => {
  const { forward } = await forwarderTo((_request, response) =>
    response.writeHead(status, { [name]: value }).end(),
  );
  const decision = { retryAfter: '1', challenge: 'Bearer realm="gatehouse"' };
  expect((await forward(eventOf({}, decision))).headers[name]).toBe(value);
});

test('returns a text in base64 whose escapes would be too long', async () => {
  const text = '"'.repeat(4_000_000);
  const { forward } = await forwarderTo((_request, response) => response.end(text));
  const answer = await forward(eventOf());
  expect(answer.isBase64Encoded).toBe(true);
  expect(Buffer.from(answer.body, 'base64').toString()).toBe(text);
  expect(JSON.stringify(answer).length).toBeLessThan(6_291_556);
});
