import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { createLog } from '../../runtime/logging/log.ts';
import { createAggregator } from './aggregator.ts';
import { HttpUpstream } from './http-upstream.ts';
import type { UpstreamCall, UpstreamFailureReason } from './ports.ts';
import { emptyCache } from './testing/composition-fixtures.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Behaviour = (socket: Socket) => unknown;

/** A server that behaves like this at each request, once its first bytes have arrived. */
async function behaving(behaviour: Behaviour): Promise<string> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (/^(?:GET|POST) /.test(chunk.toString('latin1'))) behaviour(socket);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const head = (lines: readonly string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const says =
  (text: string | Buffer): Behaviour =>
  (socket) =>
    socket.write(text);
const saysAndEnds =
  (text: string | Buffer): Behaviour =>
  (socket) =>
    socket.end(text);
/** Repeats the bytes for as long as the client reads. */
const repeats =
  (first: string, more: string): Behaviour =>
  (socket) => {
    socket.write(first);
    const go = (): void => {
      if (socket.destroyed) return;
      socket.write(more);
      setImmediate(go);
    };
    go();
  };
const drips =
  (text: string): Behaviour =>
  (socket) => {
    let at = 0;
    const dripping = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 20);
    socket.on('close', () => clearInterval(dripping));
  };
const packed = (body: Buffer, coding = 'gzip') =>
  Buffer.concat([Buffer.from(head([`content-encoding: ${coding}`, `content-length: ${body.length}`])), body]);
const bomb = gzipSync(Buffer.alloc(10_000_000));

/** Misbehaviours of a service, and the expected result of the call. */
const misbehaviours: readonly [string, Behaviour, UpstreamFailureReason | number][] = [
  [
    '101 of an unrequested protocol',
    says('HTTP/1.1 101 Switching Protocols\r\nupgrade: h\r\nconnection: upgrade\r\n\r\n'),
    'invalid-answer',
  ],
  ['101 without its fields', says('HTTP/1.1 101 Switching Protocols\r\n\r\n'), 'invalid-answer'],
  [
    '101 and its end',
    saysAndEnds('HTTP/1.1 101 Switching Protocols\r\nupgrade: h\r\nconnection: upgrade\r\n\r\n'),
    'invalid-answer',
  ],
  ['interim answers without end', repeats('', 'HTTP/1.1 103 Early Hints\r\n\r\n'), 'invalid-answer'],
  ['an interim answer and silence', says('HTTP/1.1 100 Continue\r\n\r\n'), 'timeout'],
  [
    'an interim answer, then its own',
    says(`HTTP/1.1 102 Processing\r\n\r\n${head(['content-length: 2'])}{}`),
    200,
  ],
  ['status 000', says('HTTP/1.1 000 Nothing\r\ncontent-length: 2\r\n\r\n{}'), 'invalid-answer'],
  ['status 099', says('HTTP/1.1 099 Nothing\r\ncontent-length: 2\r\n\r\n{}'), 'invalid-answer'],
  ['status 600', says('HTTP/1.1 600 Much\r\ncontent-length: 2\r\n\r\n{}'), 'invalid-answer'],
  ['status 999', says('HTTP/1.1 999 Much\r\ncontent-length: 2\r\n\r\n{}'), 'invalid-answer'],
  ['a status of two digits', says('HTTP/1.1 20 OK\r\n\r\n'), 'invalid-answer'],
  ['a status of four digits', says('HTTP/1.1 2000 OK\r\n\r\n'), 'invalid-answer'],
  ['a status of letters', says('HTTP/1.1 abc OK\r\n\r\n'), 'invalid-answer'],
  ['no status line', says('hello\r\n\r\n'), 'invalid-answer'],
  ['another protocol', says('SSH-2.0-OpenSSH_9.6\r\n'), 'invalid-answer'],
  ['another version', says('HTTP/7.3 200 OK\r\ncontent-length: 0\r\n\r\n'), 'invalid-answer'],
  ['TLS', says(Buffer.from([0x15, 3, 1, 0, 2, 2, 0x28])), 'invalid-answer'],
  [
    'a flood of header fields',
    repeats('HTTP/1.1 200 OK\r\n', `x-${'a'.repeat(50)}: b\r\n`),
    'invalid-answer',
  ],
  ['one endless header field', repeats('HTTP/1.1 200 OK\r\nx-a: ', 'a'.repeat(1_000)), 'invalid-answer'],
  ['NUL in a field', says(head(['x-a: a\0b', 'content-length: 0'])), 'invalid-answer'],
  ['a line feed in a field name', says(head(['x-a\nb: c', 'content-length: 0'])), 'invalid-answer'],
  ['a space before the colon', says(head(['content-length : 2'])), 'invalid-answer'],
  ['two different lengths', says(`${head(['content-length: 2', 'content-length: 3'])}{}`), 'invalid-answer'],
  ['a negative length', says(`${head(['content-length: -2'])}{}`), 'invalid-answer'],
  ['a length of letters', says(`${head(['content-length: two'])}{}`), 'invalid-answer'],
  ['a length beyond any number', says(`${head([`content-length: ${'9'.repeat(40)}`])}{}`), 'invalid-answer'],
  [
    'a length and chunks',
    says(`${head(['content-length: 2', 'transfer-encoding: chunked'])}2\r\n{}\r\n0\r\n\r\n`),
    'invalid-answer',
  ],
  ['a longer body than it says', says(`${head(['content-length: 2'])}{}{}{}`), 'invalid-answer'],
  ['a shorter body than it says, and its end', saysAndEnds(`${head(['content-length: 9'])}{}`), 'connection'],
  ['a shorter body than it says, and silence', says(`${head(['content-length: 9'])}{}`), 'timeout'],
  ['no length, and the end', saysAndEnds(`${head(['connection: close'])}{}`), 'invalid-answer'],
  ['no length, and the end of an old version', saysAndEnds('HTTP/1.0 200 OK\r\n\r\n{"a":'), 'invalid-answer'],
  ['no length, and nothing', saysAndEnds(head([])), 'invalid-answer'],
  ['no length, and silence', says(`${head([])}{}`), 'invalid-answer'],
  ['garbage for chunks', says(`${head(['transfer-encoding: chunked'])}hello\r\n`), 'invalid-answer'],
  [
    'a chunk of a negative size',
    says(`${head(['transfer-encoding: chunked'])}-2\r\n{}\r\n0\r\n\r\n`),
    'invalid-answer',
  ],
  [
    'a chunk of an enormous size',
    says(`${head(['transfer-encoding: chunked'])}${'f'.repeat(30)}\r\n{}`),
    'invalid-answer',
  ],
  [
    'a chunk that is longer than it says',
    says(`${head(['transfer-encoding: chunked'])}1\r\n{}\r\n0\r\n\r\n`),
    'invalid-answer',
  ],
  [
    'chunks without the last, and the end',
    saysAndEnds(`${head(['transfer-encoding: chunked'])}2\r\n{}\r\n`),
    'connection',
  ],
  [
    'trailers',
    says(`${head(['transfer-encoding: chunked', 'trailer: x-a'])}2\r\n{}\r\n0\r\nx-a: b\r\n\r\n`),
    200,
  ],
  [
    'trailers without end',
    repeats(`${head(['transfer-encoding: chunked'])}2\r\n{}\r\n0\r\n`, `x-a: ${'b'.repeat(4_000)}\r\n`),
    'invalid-answer',
  ],
  ['an unknown transfer coding', saysAndEnds(`${head(['transfer-encoding: secret'])}{}`), 'invalid-answer'],
  [
    'a body without end',
    repeats(head(['transfer-encoding: chunked']), `19000\r\n${'a'.repeat(102_400)}\r\n`),
    'too-large',
  ],
  ['a bomb of gzip', says(packed(bomb)), 'too-large'],
  ['half of gzip', says(packed(gzipSync('{}'.repeat(99)).subarray(0, 20))), 'invalid-answer'],
  ['what is not gzip', says(packed(Buffer.from('{}'))), 'invalid-answer'],
  ['gzip that is called brotli', says(packed(gzipSync('{}'), 'br')), 'invalid-answer'],
  ['a head that drips', drips(head(['content-length: 2', `x-a: ${'a'.repeat(500)}`])), 'timeout'],
  [
    'a body that drips',
    (socket) => {
      socket.write(head(['content-length: 900']));
      drips('a')(socket);
    },
    'timeout',
  ],
  ['silence', () => undefined, 'timeout'],
  ['the end at once', (socket) => socket.end(), 'connection'],
  ['the end within its status line', saysAndEnds('HTTP/1.1 20'), 'connection'],
  ['the end within its head', saysAndEnds('HTTP/1.1 200 OK\r\ncontent-le'), 'connection'],
  ['a reset at once', (socket) => socket.resetAndDestroy(), 'connection'],
  [
    'a reset within its body',
    (socket) => socket.write(`${head(['content-length: 9'])}{}`, () => socket.resetAndDestroy()),
    'connection',
  ],
  [
    'half a close, and silence',
    (socket) => {
      socket.allowHalfOpen = true;
      socket.end('HTTP/1.1 200 OK\r\n');
    },
    'connection',
  ],
  [
    'an answer, and a reset after it',
    (socket) =>
      socket.write(`${head(['content-length: 2'])}{}`, () => setTimeout(() => socket.resetAndDestroy(), 5)),
    200,
  ],
  [
    '"keep-alive", and the end',
    saysAndEnds(`${head(['connection: keep-alive', 'content-length: 2'])}{}`),
    200,
  ],
];

/** Short for those that never end; the others do not wait for it. */
const deadlineOf = (expected: unknown) => (expected === 'timeout' ? 300 : 20_000);

const callOf = (part: Partial<UpstreamCall> = {}): UpstreamCall => ({
  service: 'carrier',
  caller: 'a',
  method: 'GET',
  path: '/',
  headers: {},
  timeoutMilliseconds: 20_000,
  fullTimeoutMilliseconds: 20_000,
  maxBytes: 100_000,
  signal: new AbortController().signal,
  ...part,
});

function upstreamAt(url: string): HttpUpstream {
  const upstream = new HttpUpstream({ baseUrl: () => url, maxConnections: 10, now: () => performance.now() });
  closers.push(() => upstream.close());
  return upstream;
}

const outcomeOf = async (upstream: HttpUpstream, part: Partial<UpstreamCall> = {}) => {
  const answer = await upstream.call(callOf(part));
  return answer.kind === 'answer' ? answer.status : answer.reason;
};

describe('a call settles by its deadline, for a service that sends', () => {
  test.each(misbehaviours)('%s', async (_, behaviour, expected) => {
    const upstream = upstreamAt(await behaving(behaviour));
    const deadline = { timeoutMilliseconds: deadlineOf(expected) };
    expect(await outcomeOf(upstream, deadline)).toBe(expected);
    // The next call on the same connections is not held up either.
    expect(await outcomeOf(upstream, deadline)).toBe(expected);
  });

  test('an answer before the request has ended: the answer', async () => {
    const upstream = upstreamAt(await behaving(says(`${head(['content-length: 2'])}{}`)));
    const body = new Uint8Array(5_000_000);
    expect(await outcomeOf(upstream, { method: 'POST', body })).toBe(200);
  });

  test('nothing and reads nothing: timeout', async () => {
    const upstream = upstreamAt(await behaving((socket) => socket.pause()));
    expect(
      await outcomeOf(upstream, {
        method: 'POST',
        body: new Uint8Array(50_000_000),
        timeoutMilliseconds: 300,
      }),
    ).toBe('timeout');
  });
});

test.each(misbehaviours)(
  'an external service that sends %s never causes a gateway error',
  async (_, behaviour, expected) => {
    const url = await behaving(behaviour);
    const forward = createAggregator({
      compositions: {
        routes: {
          'GET /': {
            kind: 'external',
            service: 'carrier',
            url,
            timeoutSeconds: deadlineOf(expected) / 1_000,
          },
        },
        externals: { carrier: url },
      },
      upstream: upstreamAt(url),
      cache: emptyCache,
      now: () => performance.now(),
      wait: () => Promise.resolve(),
      random: () => 0,
      log: createLog(() => undefined),
    });
    const { statusCode } = await forward({
      routeKey: 'GET /',
      rawPath: '/',
      requestContext: {
        requestId: 'r-1',
        http: { method: 'GET' },
        authorizer: { lambda: { decision: 'allow', service: 'carrier' } },
      },
    });
    expect(statusCode).toBe(expected === 'timeout' ? 504 : expected === 200 ? 200 : 502);
  },
);
