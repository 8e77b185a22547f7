import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { alice, bob, testServices } from '../testing/services.ts';

const createTestService = testServices();
const product = 'origami-fold-3';
const path = `/api/inventory/${product}`;

describe.runIf(hasPostgres)(`the units that one caller holds${postgresNote}`, () => {
  const open = () => {
    const service = createTestService('inventory');
    return {
      service,
      reserve: (quantity: number, caller = alice) =>
        service.send('POST', `${path}/reservations`, { quantity }, caller),
      order: (id: string, quantity: number, ownerId = 'alice') =>
        service.send('PUT', `/internal/reservations/${id}`, {
          ownerId,
          items: [{ productId: product, quantity }],
        }),
      addStock: async () => {
        await service.send('POST', `${path}/deliveries`, { quantity: 5_000 }, alice);
      },
    };
  };

  test('are limited over reservations and orders together, and the refusal states the limit', async () => {
    const { reserve, order, addStock } = open();
    await addStock();
    for (let index = 0; index < 5; index += 1) expect((await reserve(99)).status).toBe(201);
    for (let index = 0; index < 5; index += 1) expect((await order(`o-${index}`, 99)).status).toBe(200);
    const refused = await reserve(11);
    expect([refused.status, await refused.json()]).toEqual([
      409,
      expect.objectContaining({
        detail: expect.stringContaining('at most 1000 units at once and hold 990') as unknown,
      }),
    ]);
    expect((await order('o-5', 11)).status).toBe(422);
    // A repeated hold does not count twice, and other callers are not affected.
    expect([(await order('o-4', 99)).status, (await reserve(10)).status]).toEqual([200, 201]);
    expect((await reserve(99, bob)).status).toBe(201);
  });

  test('are limited for concurrent calls', async () => {
    const { reserve, addStock } = open();
    await addStock();
    const statuses = await Promise.all(Array.from({ length: 15 }, async () => (await reserve(99)).status));
    expect(statuses.filter((status) => status === 201)).toHaveLength(10);
  });

  test('do not count after they have expired', async () => {
    const { service, reserve, addStock } = open();
    await addStock();
    for (let index = 0; index < 10; index += 1) await reserve(99);
    expect((await reserve(99)).status).toBe(409);
    service.advance(16 * 60_000);
    expect((await reserve(99)).status).toBe(201);
  });

  test('are released only with the right owner and product, and never for an order', async () => {
    const { service, reserve, order } = open();
    const { id } = (await (await reserve(2)).json()) as { id: string };
    await order('o-1', 3);
    const release = async (productId: string, reservation: string, caller = alice) =>
      (await service.send('DELETE', `/api/inventory/${productId}/reservations/${reservation}`, {}, caller))
        .status;
    expect(await release('pico-4', id)).toBe(404);
    expect(await release(product, id, bob)).toBe(404);
    expect(await release(product, 'o-1')).toBe(404);
    expect(await (await service.get(path)).json()).toMatchObject({ reserved: 5 });
    expect(await release(product, id)).toBe(204);
    expect(await (await service.get(path)).json()).toMatchObject({ reserved: 3 });
  });

  test('are published in the order of the changes, for concurrent changes', async () => {
    const { service, reserve, order } = open();
    const callers = Array.from({ length: 6 }, (_, index) => ({ ...alice, 'x-user-id': `u-${index}` }));
    for (let round = 0; round < 4; round += 1) {
      await Promise.all([
        ...callers.map((caller) => reserve(1, caller)),
        order(`r-${round}`, 1, `v-${round}`),
        service.send('POST', `${path}/deliveries`, { quantity: 3 }, bob),
        ...(round === 0 ? [] : [service.send('POST', `/internal/reservations/r-${round - 1}/commit`, {})]),
      ]);
    }
    const published = (await service.events()).flatMap((event) =>
      event.type === 'inventory.updated' ? [event.data] : [],
    );
    expect(published.length).toBeGreaterThan(30);
    let before = { available: 25, reserved: 0 };
    for (const { available, reserved, cause, reservation } of published) {
      const change = reservation?.quantity ?? 3;
      const expected = {
        reserved: { available: before.available - change, reserved: before.reserved + change },
        delivered: { available: before.available + change, reserved: before.reserved },
        committed: { available: before.available, reserved: before.reserved - change },
        released: { available: before.available + change, reserved: before.reserved - change },
        expired: { available: before.available + change, reserved: before.reserved - change },
      }[cause];
      expect({ available, reserved }).toEqual(expected);
      before = expected;
    }
  });
});
