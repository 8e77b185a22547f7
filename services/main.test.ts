import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { defaultBodyKiB } from '../runtime/contracts/gateway-contract.ts';
import { freshDatabase, hasPostgres, postgresNote } from '../test/support/postgres.ts';
import { openTestLimitStore, type TestLimitStore } from '../test/support/test-limit-store.ts';
import { portOf, testTasks } from './testing/tasks.ts';

let limitStore: TestLimitStore;
beforeAll(async () => {
  limitStore = await openTestLimitStore();
});
afterAll(() => limitStore.close());

const maxBodyBytes = defaultBodyKiB * 1024;

const { start: startTask, folder } = testTasks();

/** Starts the inventory role, which uses the database and the limit store. */
const startInventory = async (environment: Readonly<Record<string, string>> = {}) =>
  startTask({
    ROLE: 'inventory',
    DATABASE_URL: await freshDatabase(),
    LIMIT_STORE_URL: limitStore.url,
    ...environment,
  });

const path = '/api/inventory/pico-4/reservations';
const reservation = JSON.stringify({ quantity: 1 });
const asAlice = { 'content-type': 'application/json', 'x-user-id': 'alice' };

describe('a task that is stopped', () => {
  test.runIf(hasPostgres)(
    `finishes requests in flight, accepts no new ones and exits with 0${postgresNote}`,
    async () => {
      const task = await startInventory({ SERVICE_NAME: 'inventory-service' });
      const port = await portOf(task);
      const agent = new Agent({ keepAlive: true });
      const call = request({
        host: '127.0.0.1',
        port,
        agent,
        path,
        method: 'POST',
        headers: { ...asAlice, 'content-length': reservation.length },
      });
      call.write(reservation.slice(0, 10));
      await once(call, 'socket');
      // When the service has answered a later call, it has received the first one.
      await fetch(`http://127.0.0.1:${port}/health`, { headers: { connection: 'close' } });

      task.child.kill('SIGTERM');
      await task.line('stopping');
      await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow('fetch failed');
      call.end(reservation.slice(10));
      const [answer] = (await once(call, 'response')) as [IncomingMessage];
      expect(answer.statusCode).toBe(201);
      expect(answer.headers.connection).toBe('close');
      answer.resume();

      expect(await task.exit).toEqual([0, null]);
      expect(await task.line('stopped')).toMatchObject({ service: 'inventory-service' });
      const event = await readFile(join(folder(), 'inventory.updated.jsonl'), 'utf8');
      expect(JSON.parse(event)).toMatchObject({
        source: '/services/inventory-service',
        data: { productId: 'pico-4', cause: 'reserved' },
      });
    },
  );

  test('closes an idle connection at once', async () => {
    const task = startTask({ ROLE: 'carrier' });
    const port = await portOf(task);
    const agent = new Agent({ keepAlive: true });
    const call = request({ host: '127.0.0.1', port, agent, path: '/health' }).end();
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    task.child.kill('SIGTERM');
    expect(await task.exit).toEqual([0, null]);
  });

  test('stops when its parent process ends, if it has one', async () => {
    const task = startTask({ ROLE: 'carrier', GATEHOUSE_PARENT: '1' });
    await portOf(task);
    task.child.stdin.end();
    expect(await task.exit).toEqual([0, null]);
    expect(await task.line('stopping')).toMatchObject({ reason: 'the parent process has ended' });
  });
});

describe.runIf(hasPostgres)(`a task over the wire${postgresNote}`, () => {
  test('reads a body of the maximum length, refuses a longer one, and serves further requests', async () => {
    const port = await portOf(await startInventory());
    const post = (bytes: number) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method: 'POST',
        headers: asAlice,
        body: `{"x":"${'x'.repeat(bytes - 8)}"}`,
      }).then((answer) => answer.status);
    expect(await post(maxBodyBytes)).toBe(422);
    expect(await post(maxBodyBytes + 1)).toBe(413);
    expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
  });

  test('serves requests and logs an error while its event log is unavailable', async () => {
    const task = await startInventory({ EVENT_LOG_URL: 'kafka://127.0.0.1:1' });
    const url = `http://127.0.0.1:${await portOf(task)}`;
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers: asAlice, body: reservation });
    expect(answer.status).toBe(201);
    expect(await task.line('event relay failed, will retry')).toMatchObject({ level: 'error' });
    const ready = await fetch(`${url}/ready`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ checks: { database: 'ok', store: 'ok' } });
  });
});

describe('a task that cannot start', () => {
  const failure = async (environment: Readonly<Record<string, string>>) => {
    const task = startTask(environment);
    const chunks: Buffer[] = [];
    task.child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    expect(await task.exit).toEqual([1, null]);
    return Buffer.concat(chunks).toString('utf8');
  };

  test('names the faulty variable', async () => {
    expect(await failure({ ROLE: 'cook' })).toContain('ROLE: Give one of: product, user, order,');
  });

  test('names the missing database and the invalid limit store and database URLs', async () => {
    expect(await failure({ ROLE: 'payment' })).toContain(
      'Set DATABASE_URL, or DATABASE_HOST and the related variables',
    );
    expect(await failure({ ROLE: 'carrier', LIMIT_STORE_URL: 'http://x' })).toContain(
      'LIMIT_STORE_URL is not a redis:// or rediss:// URL.',
    );
    expect(await failure({ ROLE: 'payment', DATABASE_URL: 'mysql://x' })).toContain(
      'DATABASE_URL is not the URL of a PostgreSQL database',
    );
  });

  test('names the port that is in use', async () => {
    const server = createServer().listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await failure({ ROLE: 'carrier', PORT: String(port) })).toMatch(
      /Port \d+ is not available: .*EADDRINUSE.* Set PORT to a free port\./,
    );
    server.close();
  });
});
