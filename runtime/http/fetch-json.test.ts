import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { readJson } from './fetch-json.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener);
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json?x=1`;
}

test('reads a document', async () => {
  const url = await serve((request, response) =>
    response.end(JSON.stringify({ asked: request.url, ä: 'ü' })),
  );
  expect(await readJson(url)).toEqual({ asked: '/jwks.json?x=1', ä: 'ü' });
});

test.each<[string, RequestListener, string]>([
  ['the status is not 200', (_, response) => response.writeHead(404).end('{}'), 'answered 404'],
  ['a redirect', (_, response) => response.writeHead(302, { location: '/x' }).end(), 'answered 302'],
  ['no JSON', (_, response) => response.end('<html>'), 'JSON'],
  [
    'the answer ends halfway',
    (_, response) => response.writeHead(200).write('{', () => response.destroy()),
    'aborted',
  ],
  ['no answer comes', () => undefined, 'No answer within'],
  [
    'the document is longer than a million characters',
    (_, response) => response.end(`"${'x'.repeat(1_000_000)}"`),
    'longer than',
  ],
])('rejects when %s', async (_, listener, fault) => {
  await expect(readJson(await serve(listener))).rejects.toThrow(fault);
});

test('rejects when nothing listens at the address', async () => {
  await expect(readJson('http://127.0.0.1:1/')).rejects.toThrow('ECONNREFUSED');
});
