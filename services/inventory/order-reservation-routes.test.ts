import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { testServices } from '../testing/services.ts';
import { holdSeconds } from './stock.ts';

const createTestService = testServices();

const product = 'origami-fold-3';
const total = 25;
const items = [
  { productId: product, quantity: 2 },
  { productId: 'pico-4', quantity: 1 },
];

describe.runIf(hasPostgres)(`the stock of an order${postgresNote}`, () => {
  const open = () => {
    const service = createTestService('inventory');
    const path = '/internal/reservations/order-1';
    return {
      service,
      hold: (lines = items) => service.send('PUT', path, { ownerId: 'alice', items: lines }),
      commit: () => service.send('POST', `${path}/commit`, {}),
      release: () => service.send('DELETE', path, {}),
      level: async () => (await (await service.get(`/api/inventory/${product}`)).json()) as object,
    };
  };

  test('is held once for repeated calls', async () => {
    const { hold, level, service } = open();
    const first = await hold();
    expect(first.status).toBe(200);
    const held = (await first.json()) as object;
    expect(held).toEqual({
      orderId: 'order-1',
      status: 'held',
      expiresAt: '2026-11-20T12:15:00.000Z',
      items,
    });
    service.advance(60_000);
    expect(await (await hold()).json()).toEqual(held);
    expect(await level()).toMatchObject({ available: total - 2, reserved: 2 });
    expect((await service.events()).map(({ data }) => data)).toMatchObject([
      { productId: product, cause: 'reserved', reservation: { orderId: 'order-1', quantity: 2 } },
      { productId: 'pico-4', cause: 'reserved', reservation: { orderId: 'order-1', quantity: 1 } },
    ]);
  });

  test('is not held in part if one product is short or unknown', async () => {
    const { hold, level, service } = open();
    expect((await hold([...items, { productId: 'none', quantity: 1 }])).status).toBe(409);
    const short = await hold([{ productId: product, quantity: total + 1 }]);
    expect(await short.json()).toMatchObject({ detail: `There is not enough stock of ${product}.` });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
    expect(await service.events()).toEqual([]);
    expect((await hold([...items, ...items])).status).toBe(422);
  });

  test('is sold once, and stays sold', async () => {
    const { hold, commit, release, level } = open();
    expect((await commit()).status).toBe(409);
    await hold();
    expect([(await commit()).status, (await commit()).status]).toEqual([200, 200]);
    expect(await level()).toMatchObject({ available: total - 2, reserved: 0 });
    expect((await release()).status).toBe(409);
    expect(await (await hold()).json()).toMatchObject({ status: 'committed' });
    expect(await level()).toMatchObject({ available: total - 2, reserved: 0 });
  });

  test('is available after a release, and a release without a hold succeeds', async () => {
    const { hold, release, level } = open();
    expect((await release()).status).toBe(204);
    await hold();
    expect([(await release()).status, (await release()).status]).toEqual([204, 204]);
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  test('is sold after its expiry only if no other order holds it', async () => {
    const { hold, commit, service } = open();
    await hold();
    service.advance(holdSeconds * 1_000);
    expect((await commit()).status).toBe(200);
    const other = open();
    await other.hold();
    other.service.advance(holdSeconds * 1_000);
    await other.service.send('PUT', '/internal/reservations/order-2', {
      ownerId: 'bob',
      items: [{ productId: product, quantity: total }],
    });
    expect((await other.commit()).status).toBe(409);
  });
});
