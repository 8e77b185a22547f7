import { describe, expect, test } from 'vitest';
import { variantKey } from '../../lambda/aggregation/contract.ts';
import { catalogue } from '../config/catalogue/catalogue.ts';
import { prod } from '../config/environments/prod.ts';
import { checkConfiguration, loadCatalogue, loadConfiguration } from '../config/index.ts';
import { compileCompositions } from './compositions.ts';

describe('compileCompositions', () => {
  const { routes, externals } = compileCompositions(loadConfiguration('prod'));

  test('compiles external services with the timeout that remains for them', () => {
    expect(externals).toEqual({ carrier: 'https://api.carrier.example' });
    expect(routes['GET /api/shipping/rates']).toEqual({
      kind: 'external',
      service: 'carrier',
      url: 'https://api.carrier.example',
      timeoutSeconds: 4.25,
      maxBodyKiB: 64,
    });
  });

  test('compiles the variants of a route under their names in decisions', () => {
    const key = 'GET /api/wishlist';
    const wishList = catalogue.routes[key];
    if (wishList === undefined) throw new Error('The route does not exist.');
    const variants = [{ when: { host: 'rates.store.example' }, service: 'carrier' }];
    const { routes: varied } = compileCompositions(
      checkConfiguration(
        loadCatalogue({ ...catalogue, routes: { ...catalogue.routes, [key]: { ...wishList, variants } } }),
        prod,
      ),
    );
    expect(varied[key]).toEqual(routes[key]);
    expect(varied[variantKey(key, 'carrier')]).toMatchObject({ kind: 'external', service: 'carrier' });
  });

  test('omits routes to services behind the load balancer', () => {
    expect(Object.keys(routes)).not.toContain('GET /api/orders');
  });

  test('compiles dependencies, places in the answer and patterns of inputs', () => {
    const list = routes['GET /api/wishlist'];
    expect(list).toMatchObject({ kind: 'merge', service: 'wish-list', timeoutSeconds: 8.5 });
    expect(list?.kind === 'merge' ? list.parts.map(({ name, after, at }) => [name, after, at]) : []).toEqual([
      ['owner', [], 'owner'],
      ['list', [], ''],
      ['products', ['list'], 'items'],
    ]);
    expect(routes['GET /v1/orders/{id}']).toMatchObject({
      inputs: { 'path.id': { pattern: expect.stringContaining('A-Za-z0-9') as string } },
    });
  });

  test.each([
    ['auth0|5f7c8ec7c33c6c004bbafe82', true],
    ["o'neil", true],
    ['jürgen müller', true],
    ['a+b@store.example', true],
    ['..', false],
    ['.', false],
    ['a/b', false],
    ['a%2Fb', false],
    [String.raw`a\b`, false],
    ['a\r\nx-user-id: root', false],
    ['\ud800', false],
    ['', false],
    ['a'.repeat(257), false],
  ])('accepts only valid user ids: %j', (id, isUser) => {
    const page = routes['GET /api/users/{id}'];
    const pattern = page?.kind === 'merge' ? page.inputs['path.id']?.pattern : undefined;
    expect(new RegExp(`^(?:${pattern})$`, 'u').test(id)).toBe(isUser);
  });

  test('names the service of each read of a batch', () => {
    expect(routes['POST /api/batch']).toMatchObject({
      kind: 'batch',
      reads: expect.arrayContaining([{ path: '/api/products/{id}/reviews', service: 'review' }]) as unknown,
    });
  });

  test('marks external parts, which must not receive the identity', () => {
    const page = routes['GET /api/product-details/{id}'];
    const marked = page?.kind === 'merge' ? page.parts.filter(({ isExternal }) => isExternal) : [];
    expect(marked.map(({ name }) => name)).toEqual(['shipping']);
  });
});
