import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { textResponse } from './exchange.ts';
import { type Listening, listen } from './server.ts';

let server: Listening;
let notices: string[] = [];
beforeEach(async () => {
  notices = [];
  server = await listen(
    async (exchange) => {
      let bytes = 0;
      for await (const chunk of exchange.body()) bytes += chunk.length;
      await exchange.send(textResponse(200, 'text/plain', `${exchange.path} ${bytes}\n`));
    },
    {
      host: '127.0.0.1',
      port: 0,
      name: 'edge',
      maxHeaderBytes: 32_768,
      notice: (text) => notices.push(text),
    },
  );
});
afterEach(() => server.close());

/** Sends bytes (latin1) and returns the response; closes its side after the first bytes, or resets the connection. */
function exchange(text: string, how: 'end' | 'cut' = 'end'): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let answer = '';
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
    socket.end();
  });
  socket.write(Buffer.from(text, 'latin1'), () => {
    if (how === 'cut') socket.destroy();
  });
  return new Promise((done) => socket.once('close', () => done(answer)));
}

const statusOf = (answer: string) => Number(answer.split(' ', 2)[1]);
const head = 'Host: api.example\r\n\r\n';
const post = (...lines: string[]) => `POST / HTTP/1.1\r\n${[...lines, head].join('\r\n')}`;

test('responds to a valid request, also after empty lines and with HTTP/1.0', async () => {
  expect(await exchange(`GET /a HTTP/1.1\r\n${head}`)).toMatch(/^HTTP\/1\.1 200 [\s\S]*\/a 0\n$/);
  expect(statusOf(await exchange(`\r\n\r\nGET /a HTTP/1.0\r\n${head}`))).toBe(200);
  expect(statusOf(await exchange('GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n'))).toBe(200);
});

test('responds to several requests of one connection, sequential and pipelined', async () => {
  const one = `POST /a HTTP/1.1\r\nContent-Length: 2\r\n${head}`;
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString();
  });
  const answers = async (count: number) => {
    while (answer.split('/a 2\n').length <= count) await delay(2);
  };
  for (const count of [1, 2]) {
    socket.write(`${one}ab`);
    await answers(count);
  }
  socket.write(`${one}ab${one}`);
  socket.write(`ab${one}ab`);
  await answers(5);
  socket.destroy();
  expect(answer).not.toContain('400');
});

describe('an invalid HTTP/1.1 request', () => {
  test.each([
    ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
    ['no host', 'GET / HTTP/1.1\r\n\r\n'],
    ['no host in HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n'],
    ['an empty host', 'GET / HTTP/1.1\r\nHost:\r\n\r\n'],
    ['a host with a path', 'GET / HTTP/1.1\r\nHost: a/b\r\n\r\n'],
    ['a list of hosts', 'GET / HTTP/1.1\r\nHost: a, b\r\n\r\n'],
    ['two spaces before the target', `GET  / HTTP/1.1\r\n${head}`],
    ['two spaces before the version', `GET /  HTTP/1.1\r\n${head}`],
    ['a tab for a space', `GET\t/ HTTP/1.1\r\n${head}`],
    ['a space in the target', `GET /a b HTTP/1.1\r\n${head}`],
    ['a space before the method', ` GET / HTTP/1.1\r\n${head}`],
    ['a space after the version', `GET / HTTP/1.1 \r\n${head}`],
    ['no version', `GET /\r\n${head}`],
    ['version 0.9', `GET / HTTP/0.9\r\n${head}`],
    ['version 1.2', `GET / HTTP/1.2\r\n${head}`],
    ['version 2.0', `GET / HTTP/2.0\r\n${head}`],
    ['a version in lower case', `GET / http/1.1\r\n${head}`],
    ['another protocol', `OPTIONS / RTSP/1.0\r\n${head}`],
    ['a third protocol', `SOURCE / ICE/1.0\r\n${head}`],
    ['NUL in the target', `GET /a\0b HTTP/1.1\r\n${head}`],
    ['a byte beyond ASCII in the target', `GET /\xe9 HTTP/1.1\r\n${head}`],
    ['a fragment', `GET /a#b HTTP/1.1\r\n${head}`],
    ['an absolute target', `GET http://api.example/ HTTP/1.1\r\n${head}`],
    ['a target of an asterisk', `OPTIONS * HTTP/1.1\r\n${head}`],
    ['a target without a slash', `GET a HTTP/1.1\r\n${head}`],
    ['a method that is not registered', `BREW / HTTP/1.1\r\n${head}`],
    ['both length and coding', `${post('Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`],
    ['two lengths', `${post('Content-Length: 2', 'Content-Length: 3')}abc`],
    ['a list of lengths', `${post('Content-Length: 2, 2')}ab`],
    ['a signed length', `${post('Content-Length: +2')}ab`],
    ['an unknown coding', `${post('Transfer-Encoding: xchunked')}0\r\n\r\n`],
    ['a coding after chunks', `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n`],
    ['chunks in HTTP/1.0', `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n${head}0\r\n\r\n`],
    ['a chunk of no length', `${post('Transfer-Encoding: chunked')}zz\r\n`],
    ['a chunk longer than it says', `${post('Transfer-Encoding: chunked')}2\r\nabc\r\n0\r\n\r\n`],
    ['a space before a colon', `GET / HTTP/1.1\r\nX : a\r\n${head}`],
    ['a folded header', `GET / HTTP/1.1\r\nX: a\r\n b\r\n${head}`],
    ['NUL in a header', `GET / HTTP/1.1\r\nX: a\0b\r\n${head}`],
    ['CR in a header', `GET / HTTP/1.1\r\nX: a\rb\r\n${head}`],
    ['line feeds alone', 'GET / HTTP/1.1\nHost: a\n\n'],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('with %s gets a 400 and causes no error message', async (_, text) => {
    expect(statusOf(await exchange(text))).toBe(400);
    expect(notices).toEqual([]);
  });

  test('after a valid one on the same connection gets a 400', async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    let answer = '';
    socket.on('data', (chunk) => {
      if (answer === '') socket.write(`GET  /a HTTP/1.1\r\n${head}`);
      answer += chunk.toString();
    });
    socket.write(`GET /a HTTP/1.1\r\n${head}`);
    await new Promise((done) => socket.once('close', done));
    expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  test('for a tunnel is closed', async () => {
    expect(await exchange(`CONNECT api.example:443 HTTP/1.1\r\n${head}`)).toBe('');
  });
});

describe('a client that disconnects', () => {
  test.each([
    ['in mid-chunk', `${post('Transfer-Encoding: chunked')}5\r\nab`],
    ['between chunks', `${post('Transfer-Encoding: chunked')}2\r\nab\r\n`],
    ['before the length of its body', `${post('Content-Length: 10')}ab`],
    ['in its headers', 'GET / HTTP/1.1\r\nHo'],
    ['in its request line', 'GE'],
  ])('%s causes no error message, and the server continues', async (_, text) => {
    expect(await exchange(text, 'cut')).toBe('');
    expect(statusOf(await exchange(`GET /a HTTP/1.1\r\n${head}`))).toBe(200);
    expect(notices).toEqual([]);
  });
});
