import { describe, expect, test } from 'vitest';
import { admin, alice, bob, createTestService, machine } from '../testing.ts';

const order = {
  items: [
    { productId: 'pico-4', quantity: 2 },
    { productId: 'aurora-12', quantity: 1 },
  ],
};
interface Listing {
  readonly items: readonly { readonly id: string; readonly userId: string }[];
  readonly nextCursor: string | null;
}

describe('placing an order', () => {
  test('prices it, keeps it and tells of it', async () => {
    const service = createTestService('order');
    const answer = await service.send('POST', '/api/orders', order, alice);
    expect(answer.status).toBe(201);
    const placed = (await answer.json()) as { id: string };
    expect(placed).toMatchObject({
      userId: 'alice',
      status: 'created',
      total: { amount: 2 * 39_900 + 99_900, currency: 'EUR' },
      createdAt: '2026-11-20T12:00:00.000Z',
    });
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`/api/orders/${placed.id}`);
    expect(await (await service.get(location, alice)).json()).toEqual(placed);
    expect(service.events).toEqual([
      expect.objectContaining({
        specversion: '1.0',
        source: '/services/order',
        type: 'orders.created',
        subject: placed.id,
        partitionkey: placed.id,
        dataschema: 'urn:gatehouse:events:orders.created:1',
        data: {
          orderId: placed.id,
          userId: 'alice',
          items: order.items,
          total: { amount: 179_700, currency: 'EUR' },
        },
      }),
    ]);
  });

  test('happens once per Idempotency-Key', async () => {
    const service = createTestService('order');
    const headers = { ...alice, 'idempotency-key': 'k-1' };
    const first = await service.send('POST', '/api/orders', order, headers);
    const second = await service.send('POST', '/api/orders', order, headers);
    expect(await second.text()).toBe(await first.text());
    expect(service.events).toHaveLength(1);
    const other = { items: [{ productId: 'pico-4', quantity: 3 }] };
    expect((await service.send('POST', '/api/orders', other, headers)).status).toBe(422);
    await service.send('POST', '/api/orders', order, { ...headers, ...bob });
    expect(service.events).toHaveLength(2);
  });

  test.each([
    ['an unknown field', { ...order, coupon: 'X' }, '/coupon'],
    [
      'an unknown field of an item',
      { items: [{ productId: 'pico-4', quantity: 1, price: 1 }] },
      '/items/0/price',
    ],
    ['no items', { items: [] }, '/items'],
    ['a list that is none', { items: 'pico-4' }, '/items'],
    ['half an item', { items: [{ productId: 'pico-4', quantity: 0.5 }] }, '/items/0/quantity'],
    ['a quantity in quotes', { items: [{ productId: 'pico-4', quantity: '1' }] }, '/items/0/quantity'],
    ['less than one', { items: [{ productId: 'pico-4', quantity: -1 }] }, '/items/0/quantity'],
    ['an unknown product', { items: [{ productId: 'none', quantity: 1 }] }, '/items/0/productId'],
    [
      'a product twice',
      {
        items: [
          { productId: 'pico-4', quantity: 1 },
          { productId: 'pico-4', quantity: 1 },
        ],
      },
      '/items/1/productId',
    ],
  ])('with %s is a 422 that says where', async (_, body, pointer) => {
    const service = createTestService('order');
    const answer = await service.send('POST', '/api/orders', body, alice);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ pointer }] });
    expect(service.events).toEqual([]);
  });

  test('takes a user', async () => {
    const service = createTestService('order');
    expect((await service.send('POST', '/api/orders', order, machine)).status).toBe(403);
    expect((await service.send('POST', '/api/orders', order)).status).toBe(403);
  });
});

describe('reading orders', () => {
  const service = createTestService('order');
  const list = async (headers: Readonly<Record<string, string>>, query = '') =>
    (await (await service.get(`/api/orders${query}`, headers)).json()) as Listing;

  test('gives a user their own, newest first', async () => {
    expect((await list(alice)).items.map(({ id }) => id)).toEqual(['order-1002', 'order-1001']);
    expect((await list(bob)).items.map(({ userId }) => userId)).toEqual(['bob']);
    expect((await list(admin)).items).toHaveLength(3);
    expect((await service.get('/api/orders', machine)).status).toBe(403);
  });

  test('comes in pages', async () => {
    const first = await list(alice, '?limit=1');
    expect(first.items.map(({ id }) => id)).toEqual(['order-1002']);
    const second = await list(alice, `?limit=1&cursor=${first.nextCursor}`);
    expect(second).toMatchObject({ items: [{ id: 'order-1001' }], nextCursor: null });
  });

  test('ignores no parameter silently', async () => {
    const answer = await service.get('/api/orders?userId=bob', alice);
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'userId' }] });
  });

  test("does not tell whether somebody else's order is there", async () => {
    const [theirs, none] = await Promise.all([
      service.get('/api/orders/order-1003', alice),
      service.get('/api/orders/order-9999', alice),
    ]);
    expect([theirs.status, none.status]).toEqual([404, 404]);
    expect((await service.get('/api/orders/order-1003', admin)).status).toBe(200);
    expect((await service.get('/api/orders/order-1003', bob)).status).toBe(200);
  });
});

describe('orders of one user', () => {
  const service = createTestService('order');
  const ids = async (path: string, caller: Readonly<Record<string, string>>) =>
    ((await (await service.get(path, caller)).json()) as Listing).items.map(({ id }) => id);

  test('are to be had by name, of oneself and for administrators of anybody', async () => {
    expect(await ids('/api/orders?user=alice', alice)).toEqual(['order-1002', 'order-1001']);
    expect(await ids('/api/orders?user=bob', admin)).toEqual(['order-1003']);
  });

  test("are not to be had of somebody else's", async () => {
    expect((await service.get('/api/orders?user=alice', bob)).status).toBe(403);
  });
});

test('the second version has the shape of today, and places where it is asked', async () => {
  const service = createTestService('order');
  const answer = await service.send('POST', '/v2/orders', order, alice);
  expect(answer.status).toBe(201);
  const location = answer.headers.get('location') ?? '';
  expect(location).toMatch(/^\/v2\/orders\/order-/);
  expect((await service.get(location, alice)).status).toBe(200);
});
