import { describe, expect, test } from 'vitest';
import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { admin, alice, bob, machine } from '../testing/services.ts';
import { send, testShop } from '../testing/shop.ts';

/** Users without orders in the seed. */
const carol = { ...alice, 'x-user-id': 'carol' };
const dave = { ...bob, 'x-user-id': 'dave' };

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

describe.runIf(hasPostgres)(`orders${postgresNote}`, () => {
  const shop = testShop();
  const post = (path: string, body: unknown, headers = {}) =>
    send(shop().order, { method: 'POST', path, headers, body });
  const get = (path: string, headers = {}) => send(shop().order, { method: 'GET', path, headers });
  const events = async () =>
    (await shop().orders.query<{ event: ShopEvent }>('select event from outbox order by id')).map(
      ({ event }) => event,
    );

  describe('placing an order', () => {
    test('stores it with current prices, and records an event', async () => {
      const answer = await post('/api/orders', order, carol);
      expect(answer.status).toBe(201);
      const placed = (await answer.json()) as { id: string };
      expect(placed).toMatchObject({
        userId: 'carol',
        status: 'created',
        total: { amount: 2 * 39_900 + 99_900, currency: 'EUR' },
      });
      const location = answer.headers.get('location') ?? '';
      expect(location).toBe(`/api/orders/${placed.id}`);
      expect(await (await get(location, carol)).json()).toEqual(placed);
      expect(await events()).toEqual([
        expect.objectContaining({
          specversion: '1.0',
          source: '/services/test',
          type: 'orders.created',
          subject: placed.id,
          partitionkey: placed.id,
          dataschema: 'urn:gatehouse:events:orders.created:1',
          data: {
            orderId: placed.id,
            userId: 'carol',
            items: order.items,
            total: { amount: 179_700, currency: 'EUR' },
          },
        }),
      ]);
    });

    test('stores one order per Idempotency-Key', async () => {
      const headers = { ...carol, 'idempotency-key': 'k-1' };
      const before = (await events()).length;
      const first = await post('/api/orders', order, headers);
      const second = await post('/api/orders', order, headers);
      expect(await second.text()).toBe(await first.text());
      expect(await events()).toHaveLength(before + 1);
      const other = { items: [{ productId: 'pico-4', quantity: 3 }] };
      expect((await post('/api/orders', other, headers)).status).toBe(422);
      await post('/api/orders', order, { ...headers, ...dave });
      expect(await events()).toHaveLength(before + 2);
    });

    test.each([
      ['an unknown field', { ...order, coupon: 'X' }, '/coupon'],
      [
        'an unknown field of an item',
        { items: [{ productId: 'pico-4', quantity: 1, price: 1 }] },
        '/items/0/price',
      ],
      ['no items', { items: [] }, '/items'],
      ['items that are not a list', { items: 'pico-4' }, '/items'],
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
    ])('refuses %s with 422 and a pointer', async (_, body, pointer) => {
      const before = (await events()).length;
      const answer = await post('/api/orders', body, carol);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ errors: [{ pointer }] });
      expect(await events()).toHaveLength(before);
    });

    test('stores one order for concurrent calls with the same key', async () => {
      const before = (await events()).length;
      const headers = { ...carol, 'idempotency-key': 'k-2' };
      const answers = await Promise.all(
        Array.from({ length: 12 }, () => post('/api/orders', order, headers)),
      );
      const bodies = new Set(await Promise.all(answers.map((answer) => answer.text())));
      expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 12 }, () => 201));
      expect(bodies.size).toBe(1);
      expect(await events()).toHaveLength(before + 1);
    });

    test('repeats the response for a repeated key while prices are unavailable', async () => {
      const headers = { ...carol, 'idempotency-key': 'k-4' };
      const first = await (await post('/api/orders', order, headers)).text();
      shop().unavailable.add('product');
      const repeated = await post('/api/orders', order, headers);
      const other = await post('/api/orders', { items: [{ productId: 'pico-4', quantity: 9 }] }, headers);
      shop().unavailable.delete('product');
      expect([repeated.status, await repeated.text(), other.status]).toEqual([201, first, 422]);
    });

    test('stores the delivery address', async () => {
      const delivery = {
        name: 'Carol',
        street: 'Hauptstr. 1',
        postalCode: '10115',
        city: 'Berlin',
        country: 'DE',
      };
      const answer = await post('/api/orders', { ...order, delivery }, carol);
      const { id } = (await answer.json()) as { id: string };
      expect(await (await get(`/api/orders/${id}`, carol)).json()).toMatchObject({ delivery });
    });

    test('answers 503 while prices are unavailable, and may be repeated with the same key', async () => {
      const headers = { ...carol, 'idempotency-key': 'k-3' };
      shop().unavailable.add('product');
      const refused = await post('/api/orders', order, headers);
      shop().unavailable.delete('product');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '2']);
      expect((await post('/api/orders', order, headers)).status).toBe(201);
    });

    test('refuses callers without a user with 403', async () => {
      expect((await post('/api/orders', order, machine)).status).toBe(403);
      expect((await post('/api/orders', order)).status).toBe(403);
    });
  });

  describe('reading orders', () => {
    const list = async (headers: Readonly<Record<string, string>>, query = '') =>
      (await (await get(`/api/orders${query}`, headers)).json()) as Listing;

    test('lists the orders of the caller, newest first', async () => {
      expect((await list(alice)).items.map(({ id }) => id)).toEqual(['order-1002', 'order-1001']);
      expect((await list(bob)).items.map(({ userId }) => userId)).toEqual(['bob']);
      const ofAll = new Set((await list(admin)).items.map(({ userId }) => userId));
      expect([...ofAll]).toEqual(expect.arrayContaining(['alice', 'bob']));
      expect((await get('/api/orders', machine)).status).toBe(403);
    });

    test('returns pages', async () => {
      const first = await list(alice, '?limit=1');
      expect(first.items.map(({ id }) => id)).toEqual(['order-1002']);
      const second = await list(alice, `?limit=1&cursor=${first.nextCursor}`);
      expect(second).toMatchObject({ items: [{ id: 'order-1001' }], nextCursor: null });
    });

    test('refuses an unknown parameter with 422', async () => {
      const answer = await get('/api/orders?userId=bob', alice);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'userId' }] });
    });

    test('answers 404 for an order of another user, as for one that does not exist', async () => {
      const [other, none] = await Promise.all([
        get('/api/orders/order-1003', alice),
        get('/api/orders/order-9999', alice),
      ]);
      expect([other.status, none.status]).toEqual([404, 404]);
      expect((await get('/api/orders/order-1003', admin)).status).toBe(200);
      expect((await get('/api/orders/order-1003', bob)).status).toBe(200);
    });
  });

  describe('orders of one user', () => {
    const ids = async (path: string, caller: Readonly<Record<string, string>>) =>
      ((await (await get(path, caller)).json()) as Listing).items.map(({ id }) => id);

    test('are listed for that user and for administrators', async () => {
      expect(await ids('/api/orders?user=alice', alice)).toEqual(['order-1002', 'order-1001']);
      expect(await ids('/api/orders?user=bob', admin)).toEqual(['order-1003']);
    });

    test('are refused to other users with 403', async () => {
      expect((await get('/api/orders?user=alice', bob)).status).toBe(403);
    });
  });

  test('returns a location under /v2 for an order placed under /v2', async () => {
    const answer = await post('/v2/orders', order, carol);
    expect(answer.status).toBe(201);
    const location = answer.headers.get('location') ?? '';
    expect(location).toMatch(/^\/v2\/orders\/order-/);
    expect((await get(location, carol)).status).toBe(200);
  });
});
