import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { testServices } from '../testing/services.ts';
import { holdSeconds } from './stock.ts';

const createTestService = testServices();
const product = 'origami-fold-3';
const total = 25;

describe.runIf(hasPostgres)(`the inventory${postgresNote}`, () => {
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

  test('keeps held and sold stock after the limit store has lost its data', async () => {
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

  test('refuses holds while the limit store is unavailable, and updates it with the sales afterwards', async () => {
    const { service, hold, commit, release, level } = open();
    await hold('a', 3);
    await hold('b', 4);
    service.scripts.isUnavailable = true;
    expect(await hold('c', 1)).toBe(503);
    expect((await service.get('/ready')).status).toBe(503);
    expect([await commit('a'), await release('b')]).toEqual([200, 204]);
    expect(await level()).toMatchObject({ available: total - 3, reserved: 0 });
    service.scripts.isUnavailable = false;
    // Until it is updated, the limit store holds too many units, never too few.
    expect(await level()).toMatchObject({ available: total - 7 });
    expect([await commit('a'), await release('b')]).toEqual([200, 204]);
    expect(await level()).toMatchObject({ available: total - 3, reserved: 0 });
    expect((await service.get('/ready')).status).toBe(200);
  });

  test('updates the limit store with a sale that it missed before the hold expires there', async () => {
    const { service, hold, commit, level } = open();
    await hold('a', 3);
    service.scripts.isUnavailable = true;
    await commit('a');
    service.scripts.isUnavailable = false;
    service.advance(holdSeconds * 1_000);
    await (await service.role()).periodicTasks?.[0]?.run();
    expect(await level()).toMatchObject({ available: total - 3, reserved: 0 });
  });

  test('does not sell more units than it has after the limit store has granted too many', async () => {
    const { service, hold, commit, level } = open();
    await hold('a', total);
    // As after a restore of the limit store from a copy without the first hold.
    await (await service.database()).query('delete from holds');
    service.scripts.wipe();
    expect(await hold('b', total)).toBe(200);
    expect([await commit('b'), await commit('a')]).toEqual([200, 409]);
    await (await service.role()).periodicTasks?.[0]?.run();
    expect(await level()).toMatchObject({ available: 0 });
  });
});
