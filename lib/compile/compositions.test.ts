import { describe, expect, it } from 'vitest';
import { variantKey } from '../../lambda/aggregation/contract.ts';
import { catalogue } from '../config/catalogue/catalogue.ts';
import { prod } from '../config/environments/prod.ts';
import { checkConfiguration, loadCatalogue, loadConfiguration } from '../config/index.ts';
import { compileCompositions } from './compositions.ts';

describe('the compiled compositions', () => {
  const { routes, externals } = compileCompositions(loadConfiguration('prod'));

  it('hold external services, with what of their time is for them', () => {
    expect(externals).toEqual({ carrier: 'https://api.carrier.example' });
    expect(routes['GET /api/shipping/rates']).toEqual({
      kind: 'external',
      service: 'carrier',
      url: 'https://api.carrier.example',
      timeoutSeconds: 4.25,
      maxBodyKiB: 64,
    });
  });

  it("hold a route's variants beside it, by the name that the decision gives", () => {
    const key = 'GET /api/wishlist';
    const wishList = catalogue.routes[key];
    if (wishList === undefined) throw new Error('The route is not there.');
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

  it('hold no route of our own services', () => {
    expect(Object.keys(routes)).not.toContain('GET /api/orders');
  });

  it('say what a part waits for, where it stands, and what its parameters look like', () => {
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

  it.each([
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
  ])('know whether %j can be a user', (id, isUser) => {
    const page = routes['GET /api/users/{id}'];
    const pattern = page?.kind === 'merge' ? page.inputs['path.id']?.pattern : undefined;
    expect(new RegExp(`^(?:${pattern})$`, 'u').test(id)).toBe(isUser);
  });

  it('name the service of each read of a batch', () => {
    expect(routes['POST /api/batch']).toMatchObject({
      kind: 'batch',
      reads: expect.arrayContaining([{ path: '/api/products/{id}/reviews', service: 'review' }]) as unknown,
    });
  });

  it('carry identity inside only: an external part is marked', () => {
    const page = routes['GET /api/product-details/{id}'];
    const marked = page?.kind === 'merge' ? page.parts.filter(({ isExternal }) => isExternal) : [];
    expect(marked.map(({ name }) => name)).toEqual(['shipping']);
  });
});
