import { expect, test } from 'vitest';
import { hasPostgres } from '../../test/support/postgres.ts';
import { admin, alice, bob, testServices } from '../testing/services.ts';

const createTestService = testServices();

interface Listing {
  readonly items: readonly { readonly id: string; readonly productId: string }[];
  readonly nextCursor: string | null;
}

const service = createTestService('review');

test.runIf(hasPostgres)('lists the reviews of a product newest first, in pages', async () => {
  const first = (await (await service.get('/api/products/aurora-12/reviews?limit=2')).json()) as Listing;
  expect(first.items.map(({ id }) => id)).toEqual(['review-03', 'review-02']);
  const rest = await service.get(`/api/products/aurora-12/reviews?limit=2&cursor=${first.nextCursor}`);
  expect(await rest.json()).toMatchObject({ items: [{ id: 'review-01' }], nextCursor: null });
});

test.runIf(hasPostgres)(
  'returns an empty list for a product without reviews, 404 for an unknown one',
  async () => {
    const answer = await service.get('/api/products/pico-4/reviews');
    expect(await answer.json()).toEqual({ items: [], nextCursor: null });
    expect((await service.get('/api/products/none/reviews')).status).toBe(404);
  },
);

test.runIf(hasPostgres)('refuses a limit that is not a number with 422', async () => {
  expect((await service.get('/api/products/aurora-12/reviews?limit=none')).status).toBe(422);
});

test.runIf(hasPostgres)("lists a user's reviews for that user and for administrators only", async () => {
  const own = await service.get('/api/users/alice/reviews', alice);
  expect(((await own.json()) as Listing).items.map(({ id }) => id)).toEqual(['review-11', 'review-01']);
  expect(await (await service.get('/api/users/carol/reviews', admin)).json()).toMatchObject({ items: [] });
  expect((await service.get('/api/users/alice/reviews', bob)).status).toBe(403);
  expect((await service.get('/api/users/alice/reviews')).status).toBe(403);
  expect((await service.get('/api/users/alice/reviews?limit=0', alice)).status).toBe(422);
});
