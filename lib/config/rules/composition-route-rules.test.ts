import { describe, expect, test } from 'vitest';
import { compositions } from '../catalogue/compositions.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import { type Compositions, faultsOf, page, type Route, withComposition } from '../testing/fixtures.ts';

describe('a batch', () => {
  const batch = (reads: string[], route: Partial<Route> = {}, more: object = {}) => {
    const page = { kind: 'batch' as const, description: 'Reads.', reads, ...more };
    const input = withComposition({}, route, 'POST /api/page');
    return { ...input, compositions: { ...compositions, page } as Compositions };
  };

  test.each<[string, CatalogueInput, string]>([
    [
      'a read with a stricter access than the batch',
      batch(['GET /api/orders']),
      `${page}.reads: names "GET /api/orders", whose access is orders:read; the access of "POST /api/page" is authenticated.`,
    ],
    [
      'a write',
      batch(['POST /api/orders']),
      `${page}.reads: names "POST /api/orders", which is not a GET route`,
    ],
    [
      'a composition',
      batch(['GET /api/wishlist']),
      `${page}.reads: names "GET /api/wishlist", which is not a GET route`,
    ],
    [
      'a read of an external service',
      batch(['GET /api/shipping/rates']),
      'which is not a GET route of a service',
    ],
    ['a read of an unknown route', batch(['GET /api/nothing']), 'which is not a GET route of a service'],
    [
      'more than twenty reads',
      batch(['GET /api/products'], {}, { atMost: 21 }),
      'Give at most 20 reads per batch.',
    ],
    [
      'a read timeout above that of the route',
      batch(['GET /api/products'], { timeoutSeconds: 2 }),
      `${page}.readTimeoutSeconds: is more than the 1.7 s that "POST /api/page" allows.`,
    ],
  ])('refuses a batch with %s', (_, input, message) => {
    expect(faultsOf(input)).toContain(message);
  });

  test('accepts a batch of reads with the same permission', () => {
    expect(faultsOf(batch(['GET /api/orders', 'GET /api/products'], { access: 'orders:read' }))).toBe('');
  });
});
