import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { containerCredentials } from './container-credentials.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function startAgent(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('returns the credentials for the path of the task', async () => {
  const address = await startAgent((request, response) => {
    const isTask = request.url === '/v2/credentials/task-1';
    response.writeHead(isTask ? 200 : 404);
    response.end(JSON.stringify({ AccessKeyId: 'AKID', SecretAccessKey: 'secret', Token: 'token' }));
  });
  expect(await containerCredentials('/v2/credentials/task-1', address)).toEqual({
    accessKeyId: 'AKID',
    secretAccessKey: 'secret',
    sessionToken: 'token',
  });
  await expect(containerCredentials('/v2/credentials/other', address)).rejects.toThrow('answered 404');
});

test('throws if the response has no credentials, or the task has no role', async () => {
  const address = await startAgent((_, response) => response.end('{}'));
  await expect(containerCredentials('/', address)).rejects.toThrow('returned no credentials');
  await expect(containerCredentials(undefined)).rejects.toThrow('Give the task a role.');
});
