import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { testDatabases } from '../../testing/shop.ts';
import type { ServiceEnv } from '../http/service-app.ts';
import {
  deleteExpiredIdempotencyKeys,
  idempotencyTables,
  runOnceInDatabase,
} from './database-idempotency.ts';

describe.runIf(hasPostgres)(`a write with an Idempotency-Key${postgresNote}`, () => {
  const databaseOf = testDatabases();

  /** An app whose write counts its runs. The first `failures` runs throw. */
  const open = async (options: { readonly gate?: Promise<void>; readonly failures?: number } = {}) => {
    const database = await databaseOf('shop', idempotencyTables);
    let runs = 0;
    const app = new Hono<ServiceEnv>();
    app.onError((_, c) => c.text('failed', 500));
    app.post('/things', async (c) => {
      const write = { database, owner: c.req.header('x-owner') ?? '', request: await c.req.text() };
      return await runOnceInDatabase(c, write, async () => {
        runs += 1;
        await options.gate;
        if (runs <= (options.failures ?? 0)) throw new Error('broken');
        return c.json({ run: runs }, 201, { location: `/things/${runs}` });
      });
    });
    const post = async (body: string, key: string | null, owner = 'alice') =>
      await app.request('/things', {
        method: 'POST',
        body,
        headers: { 'x-owner': owner, ...(key === null ? {} : { 'idempotency-key': key }) },
      });
    return { database, post, runs: () => runs };
  };

  test('returns the first response, with its headers, to a repetition', async () => {
    const { post, runs } = await open();
    const first = await post('a', 'k');
    const second = await post('a', 'k');
    expect(second.status).toBe(201);
    expect(second.headers.get('location')).toBe('/things/1');
    expect(await second.text()).toBe(await first.text());
    expect(runs()).toBe(1);
  });

  test('runs every call without the header', async () => {
    const { post, runs } = await open();
    await post('a', null);
    await post('a', null);
    expect(runs()).toBe(2);
  });

  test('refuses another request under the same key with 422', async () => {
    const { post, runs } = await open();
    await post('a', 'k');
    expect((await post('b', 'k')).status).toBe(422);
    expect(runs()).toBe(1);
  });

  test('runs once for each owner of the same key', async () => {
    const { post, runs } = await open();
    await post('a', 'k', 'alice');
    await post('a', 'k', 'bob');
    expect(runs()).toBe(2);
  });

  test('makes a repetition wait while the first call is running', async () => {
    let openGate = () => {};
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    const { post, runs } = await open({ gate });
    const first = post('a', 'k');
    await expect.poll(runs).toBe(1);
    const second = post('a', 'k');
    openGate();
    expect([(await first).status, (await second).status]).toEqual([201, 201]);
    expect(await (await second).text()).toBe(await (await first).text());
    expect(runs()).toBe(1);
  });

  test('can be repeated under its key after a failure', async () => {
    const { post, runs } = await open({ failures: 1 });
    expect((await post('a', 'k')).status).toBe(500);
    expect((await post('a', 'k')).status).toBe(201);
    expect(runs()).toBe(2);
  });

  test('runs again after its key has expired', async () => {
    const { database, post, runs } = await open();
    const age = async (interval: string) => {
      await database.query(`update idempotency_keys set kept_at = now() - interval '${interval}'`);
      await deleteExpiredIdempotencyKeys(database);
    };
    await post('a', 'k');
    await age('23 hours');
    await post('a', 'k');
    expect(runs()).toBe(1);
    await age('25 hours');
    await post('a', 'k');
    expect(runs()).toBe(2);
  });

  test.each(['', 'x'.repeat(256)])('is refused with 400 for the key %j', async (key) => {
    expect((await (await open()).post('a', key)).status).toBe(400);
  });
});
