import { createServer as createPlain, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server as TcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpUpstream } from './http-upstream.ts';
import type { UpstreamCall } from './ports.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listening(server: Server | TcpServer): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Settings {
  readonly now?: () => number;
  readonly maxConnections?: number;
}

function upstreamAt(url: string, { now = () => 0, maxConnections = 10 }: Settings = {}) {
  const upstream = new HttpUpstream({ baseUrl: () => url, maxConnections, now });
  closers.push(() => upstream.close());
  return upstream;
}

const serve = async (listener: RequestListener, settings?: Settings) =>
  upstreamAt(await listening(createPlain(listener)), settings);

const callOf = (part: Partial<UpstreamCall> = {}): UpstreamCall => ({
  service: 'product',
  method: 'GET',
  path: '/products/1?lang=de',
  headers: { accept: 'application/json', 'x-gw-decision': 'allow' },
  timeoutMilliseconds: 10_000,
  caller: 'a',
  fullTimeoutMilliseconds: 10_000,
  maxBytes: 1_000,
  signal: new AbortController().signal,
  ...part,
});

test('sends method, path, headers and body unchanged, and reads the answer', async () => {
  const upstream = await serve((request, response) => {
    const { url, method, headers } = request;
    response.writeHead(201, {
      'Content-Type': 'application/json',
      'Set-Cookie': ['a=1, b', 'c=2'],
      Vary: ['accept', 'origin'],
      'X-Hop': 'dropped',
      Connection: 'keep-alive, x-hop',
    });
    void text(request).then((body) => {
      const [length, decision] = [headers['content-length'], headers['x-gw-decision']];
      response.end(JSON.stringify({ url, method, body, length, decision }));
    });
  });
  const body = Uint8Array.from(Buffer.from('{"ü":1}'));
  const answer = await upstream.call(callOf({ method: 'POST', body }));
  if (answer.kind !== 'answer') throw new Error(answer.reason);
  expect(answer).toMatchObject({
    status: 201,
    headers: {
      'content-type': 'application/json',
      vary: 'accept, origin',
      date: expect.any(String) as string,
    },
    cookies: ['a=1, b', 'c=2'],
  });
  expect(Object.keys(answer.headers).sort()).toEqual(['content-type', 'date', 'vary']);
  expect(JSON.parse(answer.body.toString())).toEqual({
    url: '/products/1?lang=de',
    method: 'POST',
    body: '{"ü":1}',
    length: '8',
    decision: 'allow',
  });
});

test("appends an external service's path to its URL", async () => {
  const url = await listening(createPlain((request, response) => response.end(request.url)));
  const answer = await upstreamAt(`${url}/v3/`).call(callOf());
  expect(answer).toMatchObject({ body: Buffer.from('/v3/products/1?lang=de') });
});

test.each([204, 304, 404, 503])('returns the status %i as an answer', async (status) => {
  const upstream = await serve((_request, response) => response.writeHead(status).end());
  expect(await upstream.call(callOf())).toMatchObject({ kind: 'answer', status });
});

test('does not read the length of a HEAD answer as a body', async () => {
  const upstream = await serve((_request, response) =>
    response.writeHead(200, { 'content-length': '9999' }).end(),
  );
  expect(await upstream.call(callOf({ method: 'HEAD' }))).toMatchObject({
    status: 200,
    body: Buffer.alloc(0),
  });
});

describe('each failure has its reason:', () => {
  const reasonOf = async (upstream: HttpUpstream, part: Partial<UpstreamCall> = {}) => {
    const answer = await upstream.call(callOf(part));
    return answer.kind === 'failed' ? answer.reason : answer.status;
  };

  test('nothing listens', async () => {
    expect(await reasonOf(upstreamAt('http://127.0.0.1:1'))).toBe('connection');
  });

  test('no address for the name', async () => {
    expect(await reasonOf(upstreamAt('http://no-such-host.invalid'))).toBe('dns');
  });

  test.each<[string, RequestListener]>([
    ['before its head', () => undefined],
    ['within its body', (_request, response) => response.write('{')],
  ])('a service that stalls %s', async (_, listener) => {
    expect(await reasonOf(await serve(listener), { timeoutMilliseconds: 100 })).toBe('timeout');
  });

  test('a service that hangs up before its answer', async () => {
    expect(await reasonOf(await serve((request) => request.socket.destroy()))).toBe('connection');
  });

  test('a service that hangs up within its answer', async () => {
    const upstream = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{', () => response.destroy());
    });
    expect(await reasonOf(upstream)).toBe('connection');
  });

  test('an answer that is not HTTP', async () => {
    const url = await listening(createTcp((socket) => socket.end('hello\r\n\r\n')));
    expect(await reasonOf(upstreamAt(url))).toBe('invalid-answer');
  });

  test.each<[string, RequestListener]>([
    ['states its length', (_request, response) => response.end(Buffer.alloc(1_001))],
    [
      'does not state its length',
      (_request, response) => {
        response.write(Buffer.alloc(600));
        response.end(Buffer.alloc(600));
      },
    ],
    ['is compressed', (_request, response) => packed(response, 'gzip', gzipSync(Buffer.alloc(5_000_000)))],
  ])('a body over the limit that %s', async (_, listener) => {
    expect(await reasonOf(await serve(listener))).toBe('too-large');
  });

  test("the caller's end, before and within", async () => {
    const upstream = await serve(() => undefined);
    expect(await reasonOf(upstream, { signal: AbortSignal.abort() })).toBe('aborted');
    const controller = new AbortController();
    const pending = reasonOf(upstream, { signal: controller.signal });
    controller.abort();
    expect(await pending).toBe('aborted');
  });

  test("the caller's deadline is a time-out", async () => {
    expect(await reasonOf(await serve(() => undefined), { signal: AbortSignal.timeout(50) })).toBe('timeout');
  });

  test.each([
    { headers: { 'x-user-id': 'a\r\nx-gw-service: other' } },
    { path: '/products/ü x' },
    { method: 'GET /other' },
  ])('refuses to send %j', async (part) => {
    let asked = 0;
    const upstream = await serve((_request, response) => {
      asked += 1;
      response.end();
    });
    expect(await reasonOf(upstream, part)).toBe('aborted');
    expect(asked).toBe(0);
  });
});

type Response = Parameters<RequestListener>[1];
function packed(response: Response, coding: string, body: Buffer): void {
  response.writeHead(200, { 'content-encoding': coding });
  response.end(body);
}

test.each([
  ['gzip', gzipSync('plain')],
  ['deflate', deflateSync('plain')],
  ['br', brotliCompressSync('plain')],
])('decodes the coding %s, and removes its header', async (coding, body) => {
  const upstream = await serve((_request, response) => packed(response, coding, body));
  const answer = await upstream.call(callOf());
  expect(answer).toMatchObject({ body: Buffer.from('plain') });
  expect(answer).not.toHaveProperty(['headers', 'content-encoding']);
});

test('keeps an unknown coding', async () => {
  const upstream = await serve((_request, response) => packed(response, 'zstd', Buffer.from('packed')));
  expect(await upstream.call(callOf())).toMatchObject({
    headers: { 'content-encoding': 'zstd' },
    body: Buffer.from('packed'),
  });
});

describe('connections', () => {
  async function counting(settings?: Settings) {
    let connections = 0;
    let most = 0;
    let open = 0;
    const server = createPlain((_request, response) => void setTimeout(() => response.end('{}'), 5));
    server.on('connection', (socket) => {
      connections += 1;
      open += 1;
      most = Math.max(most, open);
      socket.once('close', () => {
        open -= 1;
      });
    });
    const upstream = upstreamAt(await listening(server), settings);
    return { upstream, counts: () => ({ connections, most }) };
  }

  test('are kept from call to call', async () => {
    const { upstream, counts } = await counting();
    for (let i = 0; i < 5; i += 1) await upstream.call(callOf());
    expect(counts().connections).toBe(1);
  });

  test('are as many as allowed and no more', async () => {
    const { upstream, counts } = await counting({ maxConnections: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => upstream.call(callOf())));
    expect(answers.every(({ kind }) => kind === 'answer')).toBe(true);
    expect(counts()).toEqual({ connections: 3, most: 3 });
  });

  test('are not used after a long rest', async () => {
    let now = 0;
    const { upstream, counts } = await counting({ now: () => now });
    await upstream.call(callOf());
    now = 19_999;
    await upstream.call(callOf());
    expect(counts().connections).toBe(1);
    now = 39_999;
    await upstream.call(callOf());
    expect(counts().connections).toBe(2);
  });

  test.each([
    ['GET', 'answer', 3],
    ['POST', 'failed', 2],
  ])('that were closed at their other end: %s', async (method, kind, requests) => {
    let asked = 0;
    const upstream = await serve((request, response) => {
      asked += 1;
      if (asked === 2) request.socket.destroy();
      else response.end('{}');
    });
    await upstream.call(callOf());
    expect((await upstream.call(callOf({ method }))).kind).toBe(kind);
    expect(asked).toBe(requests);
  });
});
