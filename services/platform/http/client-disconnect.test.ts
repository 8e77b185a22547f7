import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import { noTracing } from '../tracing/tracing.ts';
import { createApp } from './app.ts';
import { readBody } from './input.ts';

const levels: string[] = [];
const statuses: number[] = [];
const app = createApp(
  {
    service: 'x',
    log: (level) => levels.push(level),
    tracing: noTracing,
    monotonicMs: () => 0,
    onAnswered: (status) => statuses.push(status),
    isStopping: () => false,
    checks: {},
  },
  (routes) =>
    routes.post('/api/x', async (c) => {
      const body = await readBody(c, z.object({}));
      return body.kind === 'valid' ? c.json({}) : body.answer;
    }),
);
const server = createAdaptorServer({ fetch: app.fetch });
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

test.each([
  'Content-Length: 10\r\n\r\n{}',
  'Transfer-Encoding: chunked\r\n\r\n5\r\n{}',
  'Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n',
])('does not count a client that disconnects within its body (%j) as a failure', async (rest) => {
  levels.length = 0;
  statuses.length = 0;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  const arrived = once(server, 'request');
  socket.write(`POST /api/x HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${rest}`);
  await arrived;
  socket.destroy();
  await expect.poll(() => statuses).toEqual([400]);
  expect(levels).toEqual(['info']);
});
