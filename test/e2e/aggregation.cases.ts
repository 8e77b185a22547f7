import { describe, expect, test } from 'vitest';
import { completed, pageOf } from './aggregated-page.ts';
import { type Call, send } from './client.ts';
import { anyAddress, bearer, type Running, uniqueUser } from './running.ts';

const json = ['Content-Type', 'application/json'] as const;

/** Compositions of the answers of several services, while every service answers. */
export function aggregationCases(running: () => Running): void {
  const get = (path: string, headers: Call['headers'] = []) =>
    send(running().target.url, path, { headers, from: anyAddress(running().target) });
  const alice = (...permissions: string[]) => bearer(running().target, { sub: 'alice', permissions });
  const details = (id: string, query = '', headers: Call['headers'] = []) =>
    get(`/api/product-details/${id}${query}`, headers);

  describe('a product page', () => {
    test('has every part for a signed-in shopper', async () => {
      const answer = await details('aurora-12', '', [await alice()]);
      expect(answer.status).toBe(200);
      expect(completed(answer)).toBe('true');
      const page = pageOf(answer);
      expect(Object.keys(page)).toEqual([
        'product',
        'inventory',
        'reviews',
        'recommendations',
        'shipping',
        'cart',
        'orders',
        'meta',
      ]);
      expect(page).toMatchObject({
        product: { id: 'aurora-12', name: 'Aurora 12' },
        inventory: { available: expect.any(Number) as number },
        reviews: { items: [{ id: 'review-03' }, { id: 'review-02' }, { id: 'review-01' }] },
        shipping: { country: 'DE', options: [{ service: 'standard' }, { service: 'express' }] },
        cart: { count: 3 },
        orders: { items: expect.arrayContaining([expect.objectContaining({ id: 'order-1001' })]) as unknown },
      });
    });

    test('is complete for an anonymous shopper, without cart and orders', async () => {
      const answer = await details('aurora-12');
      expect(completed(answer)).toBe('true');
      expect(pageOf(answer)).toMatchObject({ product: { id: 'aurora-12' }, cart: null, orders: null });
      expect(pageOf(answer).meta.parts['cart']).toMatchObject({ status: 'skipped' });
    });

    test('answers 401 to a malformed token', async () => {
      expect((await details('aurora-12', '', [['Authorization', 'Bearer a.b.c']])).status).toBe(401);
    });

    test('has the parts and limits of the requested variant', async () => {
      const mobile = pageOf(await details('aurora-12', '?variant=mobile'));
      expect(mobile).toMatchObject({
        product: { id: 'aurora-12' },
        reviews: { items: [{ rating: 5 }, { rating: 4 }] },
      });
      expect(mobile['shipping']).toBeUndefined();
      expect(mobile['product']).not.toHaveProperty('description');
      const tv = pageOf(await details('aurora-12', '?variant=tv'));
      expect((tv['recommendations'] as { items: unknown[] }).items.length).toBeGreaterThan(6);
      expect(tv['cart']).toBeUndefined();
    });

    test('has only the included parts and the requested fields', async () => {
      const { meta, ...shown } = pageOf(
        await details('aurora-12', '?include=reviews&fields=product.name,reviews.items.id'),
      );
      expect(shown).toEqual({
        product: { name: 'Aurora 12' },
        reviews: { items: [{ id: 'review-03' }, { id: 'review-02' }, { id: 'review-01' }] },
      });
      expect(Object.keys(meta.parts)).toEqual(['product', 'reviews']);
    });

    test("passes on the product service's 404", async () => {
      const answer = await details('nothing-like-it');
      expect(answer.status).toBe(404);
      expect(answer.json()).toMatchObject({ detail: 'Product nothing-like-it does not exist.' });
    });
  });

  describe('bad input to a product page', () => {
    test.each([
      ['an id of an invalid form', 'A_b', ''],
      ['an encoded separator', 'a%2Fb', ''],
      ['a doubly encoded separator', 'a%252Fb', ''],
      ['an encoded path traversal', '%2e%2e%2fadmin', ''],
      ['a header injected into the id', 'a%0d%0ax-user-id:root', ''],
      ['a header injected into a parameter', 'aurora-12', '?country=DE%0d%0ax-user-id:%20root'],
      ['a repeated parameter', 'aurora-12', '?country=DE&country=FR'],
      ['an unknown part', 'aurora-12', '?include=prices'],
      ['an unknown field', 'aurora-12', '?fields=product.cost'],
      ['an unknown variant', 'aurora-12', '?variant=watch'],
      ['a query of 5 kB', 'aurora-12', `?x=${'a'.repeat(5_000)}`],
    ])('%s is answered with 400', async (_, id, query) => {
      const answer = await details(id, query);
      expect(answer.status).toBe(400);
      // The aggregation function or, before it, the load balancer answers.
      expect(answer.header('content-type')).toMatch(/^application\/(problem\+)?json$/);
      expect(answer.json()).toMatchObject({ title: 'Bad Request', status: 400 });
    });
  });

  describe('other compositions', () => {
    test('a profile includes orders and reviews when they are requested', async () => {
      const identity = await alice('users:read');
      const profile = pageOf(await get('/api/users/alice', [identity]));
      expect(profile).toMatchObject({ id: 'alice', displayName: 'Alice Moreau' });
      expect(profile).not.toHaveProperty('orders');
      const whole = await get('/api/users/alice?include=orders,reviews', [identity]);
      expect(pageOf(whole)).toMatchObject({
        id: 'alice',
        orders: { items: expect.arrayContaining([expect.objectContaining({ id: 'order-1001' })]) as unknown },
        reviews: { items: [{ id: 'review-11' }, { id: 'review-01' }] },
      });
      // The user service refuses to show the profile of another user.
      expect((await get('/api/users/bob?include=orders', [identity])).status).toBe(403);
    });

    test('a wish list has its products, and null for a product that was withdrawn', async () => {
      const answer = await get('/api/wishlist', [await alice()]);
      expect(completed(answer)).toBe('true');
      expect(pageOf(answer)).toMatchObject({
        owner: { displayName: 'Alice Moreau' },
        userId: 'alice',
        items: [
          { productId: 'aurora-12-max', product: { name: 'Aurora 12 Max' } },
          { productId: 'origami-fold-3', product: { name: 'Origami Fold 3' } },
          { productId: 'aurora-9', product: null },
        ],
      });
    });

    test('a batch has a separate status for each read', async () => {
      const identity = await bearer(running().target, { sub: uniqueUser() });
      const batch = (...paths: string[]) =>
        send(running().target.url, '/api/batch', {
          method: 'POST',
          headers: [identity, json],
          body: JSON.stringify({ items: paths.map((path) => ({ id: path, path })) }),
        });
      const answer = await batch('/api/products/pico-4', '/api/products/none', '/v1/products/pico-4');
      expect(answer.status).toBe(200);
      expect(answer.json()).toMatchObject({
        items: [
          { status: 200, body: { id: 'pico-4' } },
          { status: 404, body: { status: 404 } },
          { status: 200, body: { title: 'Lumen Pico 4' } },
        ],
      });
      expect((await batch('/api/orders')).status).toBe(400);
      expect((await get('/api/batch')).status).toBe(405);
    });

    test('an order of version 1 is placed and read in the shape of version 1', async () => {
      const sub = uniqueUser();
      const identity = await bearer(running().target, { sub, permissions: ['orders:read', 'orders:write'] });
      const post = (path: string, headers: Call['headers'] = []) =>
        send(running().target.url, path, {
          method: 'POST',
          headers: [identity, json, ...headers],
          body: JSON.stringify({ lines: [{ sku: 'pico-4', count: 2 }] }),
        });
      const placed = await post('/v1/orders');
      expect(placed.status).toBe(201);
      const first = placed.json() as { readonly id: string };
      expect(first).toEqual({
        id: expect.any(String) as string,
        status: 'created',
        lines: [{ sku: 'pico-4', count: 2, unitCents: 39_900 }],
        totalCents: 79_800,
        currency: 'EUR',
        placedAt: expect.any(String) as string,
      });
      // The saga of the order continues meanwhile.
      const later = { ...first, status: expect.any(String) as unknown };
      expect((await get(`/v1/orders/${first.id}`, [identity])).json()).toEqual(later);
      expect((await get(`/orders/${first.id}`, [identity, ['X-API-Version', '1']])).json()).toEqual(later);
      expect((await get(`/v2/orders/${first.id}`, [identity])).json()).toMatchObject({
        userId: sub,
        items: [{ productId: 'pico-4', quantity: 2 }],
      });
      expect(
        (
          await post('/orders', [
            ['X-API-Version', '1'],
            ['Idempotency-Key', 'one'],
          ])
        ).status,
      ).toBe(201);
      // The service refuses a body of version 1 on the path of version 2.
      expect((await post('/v2/orders')).status).toBe(422);
    });
  });
}
