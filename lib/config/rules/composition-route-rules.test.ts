import { describe, expect, it } from 'vitest';
import { compositions } from '../catalogue/compositions.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import { type Compositions, faultsOf, page, type Route, withComposition } from '../testing/fixtures.ts';

describe('a batch', () => {
  const batch = (reads: string[], route: Partial<Route> = {}, more: object = {}) => {
    const page = { kind: 'batch' as const, description: 'Reads.', reads, ...more };
    const input = withComposition({}, route, 'POST /api/page');
    return { ...input, compositions: { ...compositions, page } as Compositions };
  };

  it.each<[string, CatalogueInput, string]>([
    [
      'a read that asks for more than the batch does',
      batch(['GET /api/orders']),
      `${page}.reads: names "GET /api/orders", which asks for orders:read; "POST /api/page" asks for authenticated.`,
    ],
    [
      'a write',
      batch(['POST /api/orders']),
      `${page}.reads: names "POST /api/orders", which is no GET route`,
    ],
    [
      'a composition',
      batch(['GET /api/wishlist']),
      `${page}.reads: names "GET /api/wishlist", which is no GET route`,
    ],
    [
      'an external service',
      batch(['GET /api/shipping/rates']),
      'which is no GET route of one of our services',
    ],
    [
      'a route that is not there',
      batch(['GET /api/nothing']),
      'which is no GET route of one of our services',
    ],
    [
      'more than twenty reads',
      batch(['GET /api/products'], {}, { atMost: 21 }),
      'A batch has at most 20 reads.',
    ],
    [
      'more time than there is',
      batch(['GET /api/products'], { timeoutSeconds: 2 }),
      `${page}.readTimeoutSeconds: is more than the 1.7 s that "POST /api/page" leaves.`,
    ],
  ])('with %s is refused by name', (_, input, message) => {
    expect(faultsOf(input)).toContain(message);
  });

  it('of reads for the same permission is accepted', () => {
    expect(faultsOf(batch(['GET /api/orders', 'GET /api/products'], { access: 'orders:read' }))).toBe('');
  });
});
