import { type ClientRequest, request } from 'node:http';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LoopbackServer, serveOnLoopback } from './loopback-server.ts';

let server: LoopbackServer;
let served = 0;
beforeAll(async () => {
  server = await serveOnLoopback((_, response) => {
    served += 1;
    response.end('served');
  });
});
afterAll(() => server.close());

/** The status of a call with this Host; null omits the field. */
async function statusFor(host: string | null): Promise<number | undefined> {
  return await new Promise((resolve, reject) => {
    const headers = host === null ? {} : { host };
    const sent: ClientRequest = request(server.url, { headers, setHost: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    sent.on('error', reject);
    sent.end();
  });
}

test.each(['127.0.0.1', '127.0.0.1:4566', 'localhost:80', 'LOCALHOST', '[::1]:1'])(
  'serves %s',
  async (host) => {
    expect(await statusFor(host)).toBe(200);
  },
);

test.each([
  'attacker.example',
  'attacker.example:80',
  '127.0.0.1.attacker.example',
  'localhost.attacker.example',
  '',

  '127.0.0.1@attacker.example',
  '127.0.0.1:80.example',
  '0.0.0.0',
  '127.1',
  '192.0.2.1',
  'localhost:',
  '::1',
])('refuses the host %j, which DNS may resolve to this machine', async (host) => {
  const before = served;
  expect([400, 421]).toContain(await statusFor(host));
  expect(served).toBe(before);
});

test('refuses a call without a Host', async () => {
  expect([400, 421]).toContain(await statusFor(null));
});
