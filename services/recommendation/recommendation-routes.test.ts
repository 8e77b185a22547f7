import { expect, test } from 'vitest';
import { testServices } from '../testing/services.ts';

const createTestService = testServices();

interface Listing {
  readonly items: readonly { readonly productId: string; readonly reason: string }[];
  readonly nextCursor: string | null;
}

const service = createTestService('recommendation');
const list = async (path: string) => (await (await service.get(path)).json()) as Listing;

test('ranks products by category, then brand, then price', async () => {
  const { items } = await list('/api/products/origami-flip-3/recommendations');
  expect(items[0]).toMatchObject({ productId: 'origami-fold-3', reason: 'same-category' });
  expect(items[1]).toMatchObject({ productId: 'aurora-12', reason: 'similar-price' });
  const nordlys = await list('/api/products/fjord-mini/recommendations?limit=3');
  expect(nordlys.items.map(({ productId }) => productId)).toEqual([
    'aurora-11',
    'aurora-12',
    'aurora-12-max',
  ]);
});

test('lists every other product once over all pages, and never the product itself', async () => {
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const page: Listing = await list(
      `/api/products/aurora-12/recommendations?limit=4${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    seen.push(...page.items.map(({ productId }) => productId));
    cursor = page.nextCursor;
  }
  expect(seen).toHaveLength(11);
  expect(new Set(seen).size).toBe(11);
  expect(seen).not.toContain('aurora-12');
});

test('answers 404 for an unknown product and 422 for an invalid limit', async () => {
  expect((await service.get('/api/products/none/recommendations')).status).toBe(404);
  expect((await service.get('/api/products/aurora-12/recommendations?limit=0')).status).toBe(422);
});
