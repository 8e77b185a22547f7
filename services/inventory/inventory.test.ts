import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { testServices } from '../testing/services.ts';
import { holdSeconds } from './stock.ts';

const createTestService = testServices();
const product = 'origami-fold-3';
const total = 25;

describe.runIf(hasPostgres)(`stock that survives${postgresNote}`, () => {
  const open = () => {
    const service = createTestService('inventory');
    const path = (order: string) => `/internal/reservations/${order}`;
    return {
      service,
      hold: async (order: string, quantity: number) =>
        (
          await service.send('PUT', path(order), {
            ownerId: 'alice',
            items: [{ productId: product, quantity }],
          })
        ).status,
      commit: async (order: string) => (await service.send('POST', `${path(order)}/commit`, {})).status,
      release: async (order: string) => (await service.send('DELETE', path(order), {})).status,
      level: async () => (await (await service.get(`/api/inventory/${product}`)).json()) as object,
    };
  };

  test('the loss of the store: what is held stays held, what is sold stays sold', async () => {
    const { service, hold, commit, release, level } = open();
    await hold('sold', 3);
    await commit('sold');
    await hold('held', 2);
    service.scripts.wipe();
    expect(await level()).toMatchObject({ available: total - 5, reserved: 2 });
    expect(await hold('all', total - 4)).toBe(409);
    expect(await hold('held', 2)).toBe(200);
    service.scripts.wipe();
    expect(await commit('held')).toBe(200);
    expect(await level()).toMatchObject({ available: total - 5, reserved: 0 });
    service.scripts.wipe();
    expect(await release('held')).toBe(409);
    expect(await hold('all', total - 5)).toBe(200);
  });

  test('the absence of the store: nothing is held, the tables are read, and what is sold is known when it is back', async () => {
    const { service, hold, commit, release, level } = open();
    await hold('a', 3);
    await hold('b', 4);
    service.scripts.isUnavailable = true;
    expect(await hold('c', 1)).toBe(503);
    expect((await service.get('/ready')).status).toBe(503);
    expect([await commit('a'), await release('b')]).toEqual([200, 204]);
    expect(await level()).toMatchObject({ available: total - 3, reserved: 0 });
    service.scripts.isUnavailable = false;
    // It holds too much for as long as it has not heard of it, never too little.
    expect(await level()).toMatchObject({ available: total - 7 });
    expect([await commit('a'), await release('b')]).toEqual([200, 204]);
    expect(await level()).toMatchObject({ available: total - 3, reserved: 0 });
    expect((await service.get('/ready')).status).toBe(200);
  });

  test('a sale that the store has not heard of: the chore tells it, before what was held is free', async () => {
    const { service, hold, commit, level } = open();
    await hold('a', 3);
    service.scripts.isUnavailable = true;
    await commit('a');
    service.scripts.isUnavailable = false;
    service.advance(holdSeconds * 1_000);
    await (await service.role()).periodicTasks?.[0]?.run();
    expect(await level()).toMatchObject({ available: total - 3, reserved: 0 });
  });

  test('a store that has given away too much: what is not there is not sold', async () => {
    const { service, hold, commit, level } = open();
    await hold('a', total);
    // As if it had come back from a copy that does not know of the first.
    await (await service.database()).query('delete from holds');
    service.scripts.wipe();
    expect(await hold('b', total)).toBe(200);
    expect([await commit('b'), await commit('a')]).toEqual([200, 409]);
    await (await service.role()).periodicTasks?.[0]?.run();
    expect(await level()).toMatchObject({ available: 0 });
  });
});
