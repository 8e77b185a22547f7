import { expect, test } from 'vitest';
import { createTestService } from '../testing.ts';

interface Listing {
  readonly items: readonly { readonly id: string; readonly productId: string }[];
  readonly nextCursor: string | null;
}

const service = createTestService('review');

test('reviews of one product, newest first, in pages', async () => {
  const first = (await (await service.get('/api/products/aurora-12/reviews?limit=2')).json()) as Listing;
  expect(first.items.map(({ id }) => id)).toEqual(['review-03', 'review-02']);
  const rest = await service.get(`/api/products/aurora-12/reviews?limit=2&cursor=${first.nextCursor}`);
  expect(await rest.json()).toMatchObject({ items: [{ id: 'review-01' }], nextCursor: null });
});

test('a product without reviews has an empty list, an unknown one a 404', async () => {
  const answer = await service.get('/api/products/pico-4/reviews');
  expect(await answer.json()).toEqual({ items: [], nextCursor: null });
  expect((await service.get('/api/products/none/reviews')).status).toBe(404);
});

test('a limit that is none is a 422', async () => {
  expect((await service.get('/api/products/aurora-12/reviews?limit=none')).status).toBe(422);
});
