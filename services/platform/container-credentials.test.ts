import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { containerCredentials } from './container-credentials.ts';

let server: Server | undefined;
afterEach(() => server?.close());

async function agent(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('are those that the agent gives for the path of the task', async () => {
  const address = await agent((request, response) => {
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

test('an answer without them, and a task without a role, are errors that say so', async () => {
  const address = await agent((_, response) => response.end('{}'));
  await expect(containerCredentials('/', address)).rejects.toThrow('gave no credentials');
  await expect(containerCredentials(undefined)).rejects.toThrow('Give the task a role.');
});
