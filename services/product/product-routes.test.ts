import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { admin, testServices } from '../testing/services.ts';

const createTestService = testServices();

interface Listing {
  readonly items: readonly { readonly id: string; readonly category: string }[];
  readonly nextCursor: string | null;
}
const listing = async (answer: Response) => (await answer.json()) as Listing;

describe.runIf(hasPostgres)(`products${postgresNote}`, () => {
  const service = createTestService('product');

  test('are readable by anonymous callers', async () => {
    const answer = await service.get('/api/products');
    expect(answer.status).toBe(200);
    expect((await listing(answer)).items).toHaveLength(12);
  });

  test('are found by all words of a search, in upper or lower case', async () => {
    const ids = async (q: string) =>
      (await listing(await service.get(`/api/products?q=${encodeURIComponent(q)}`))).items.map(
        ({ id }) => id,
      );
    expect(await ids('NORDLYS 512')).toEqual(['aurora-12-max']);
    expect(await ids('folding pen')).toEqual(['origami-fold-3']);
    expect(await ids('nordlys tansu')).toEqual([]);
    expect(await ids('%20')).toHaveLength(0);
    expect(await ids(' ')).toHaveLength(12);
  });

  test('are found by inflected words, phrases, "or" and exclusions, best match first', async () => {
    const ids = async (q: string) =>
      (await listing(await service.get(`/api/products?q=${encodeURIComponent(q)}`))).items.map(
        ({ id }) => id,
      );
    // The first has the word in its name, the second only in its description.
    expect(await ids('fold')).toEqual(['origami-fold-3', 'origami-flip-3']);
    expect(await ids('batteries')).toEqual(['aurora-12-max', 'basalt-x5']);
    expect(await ids('foldable -pen')).toEqual(['origami-flip-3']);
    expect(await ids('"triple camera" or headphone')).toEqual(['aurora-12', 'pico-4a']);
    for (const odd of ["'", '"', ':*', '<->', '!&|()', 'a\\b', '-'.repeat(33)])
      expect(await ids(odd)).toEqual([]);
  });

  test('of a search come in pages, each product once, limited to the given category', async () => {
    const all = (await listing(await service.get('/api/products?q=oled'))).items.map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Listing = await listing(
        await service.get(`/api/products?q=oled&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`),
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(all);
    expect(all.length).toBeGreaterThan(4);
    const compact = await listing(await service.get('/api/products?q=oled&category=compact'));
    expect(compact.items.map(({ id }) => id)).toEqual(['fjord-mini']);
  });

  test('are listed by category', async () => {
    const { items } = await listing(await service.get('/api/products?category=foldable'));
    expect(items.map(({ id }) => id)).toEqual(['origami-flip-3', 'origami-fold-3']);
  });

  test('come in pages', async () => {
    const ids: string[] = [];
    let path = '/api/products?limit=5';
    for (let pages = 0; pages < 3; pages += 1) {
      const page = await listing(await service.get(path));
      ids.push(...page.items.map(({ id }) => id));
      path = `/api/products?limit=5&cursor=${page.nextCursor}`;
      expect(page.nextCursor === null).toBe(pages === 2);
    }
    expect(new Set(ids).size).toBe(12);
  });

  test.each(['limit=0', 'limit=101', 'limit=x', 'limit=1.5', `q=${'x'.repeat(201)}`])(
    'refuses the query %s with 422 and names the parameter',
    async (query) => {
      const answer = await service.get(`/api/products?${query}`);
      expect(answer.status).toBe(422);
      expect(await answer.json()).toMatchObject({ errors: [{ parameter: query.split('=')[0] }] });
    },
  );

  test.each([
    'cursor=a%20b',
    'cursor=',
    `cursor=${Buffer.from('\0a').toString('base64url')}`,
    `cursor=${Buffer.from('0999999 aurora-12').toString('base64url')}`,
    `q=oled&cursor=${Buffer.from('aurora-12').toString('base64url')}`,
    `cursor=${'A'.repeat(1_000)}`,
  ])('refuses %s, a cursor that no page returned, with 400', async (query) => {
    const answer = await service.get(`/api/products?${query}`);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ errors: [{ parameter: 'cursor' }] });
  });

  test('answer 304 without a body when the entity tag matches', async () => {
    const first = await service.get('/api/products/aurora-12');
    const etag = first.headers.get('etag') ?? '';
    for (const condition of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await service.get('/api/products/aurora-12', { 'if-none-match': condition });
      expect(again.status).toBe(304);
      expect(again.headers.get('etag')).toBe(etag);
      expect(await again.text()).toBe('');
    }
    expect((await service.get('/api/products/aurora-12', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('have one response shape per API version', async () => {
    expect(await (await service.get('/v1/products/aurora-12')).json()).toEqual({
      id: 'aurora-12',
      title: 'Nordlys Aurora 12',
      price: '999.00',
    });
    expect(await (await service.get('/v2/products/aurora-12')).json()).toEqual(
      await (await service.get('/api/products/aurora-12')).json(),
    );
  });

  test.each(['/api/products/none', '/v1/products/none', '/v2/products/none'])(
    'answer 404 for %s',
    async (path) => {
      expect((await service.get(path)).status).toBe(404);
    },
  );

  test('decode an encoded path segment exactly once', async () => {
    const detail = async (path: string) => (await (await service.get(path)).json()) as { detail: string };
    expect((await detail('/api/products/a%2Fb')).detail).toBe('Product a/b does not exist.');
    expect((await detail('/api/products/a%252Fb')).detail).toBe('Product a%2Fb does not exist.');
    expect((await service.get('/api/products/%E0%A4%A')).status).toBe(400);
  });
});

describe.runIf(hasPostgres)(`changing a product${postgresNote}`, () => {
  const body = {
    brand: 'Lumen',
    name: 'Pico 5',
    category: 'budget',
    description: 'New.',
    price: { amount: 21_900, currency: 'EUR' },
  };

  test('creates or updates it, and readers see the change', async () => {
    const service = createTestService('product');
    const created = await service.send('PUT', '/api/admin/products/pico-5', body, admin);
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe('/api/products/pico-5');
    const changed = { ...body, price: { amount: 20_905, currency: 'EUR' } };
    const answer = await service.send('PUT', '/api/admin/products/pico-5', changed, admin);
    expect(answer.status).toBe(200);
    const read = await service.get('/api/products/pico-5');
    expect(read.headers.get('etag')).toBe(answer.headers.get('etag'));
    expect(await (await service.get('/v1/products/pico-5')).json()).toMatchObject({ price: '209.05' });
  });

  test('adds it to the search', async () => {
    const service = createTestService('product');
    const found = async () => (await listing(await service.get('/api/products?q=pico+new'))).items.length;
    expect(await found()).toBe(0);
    await service.send('PUT', '/api/admin/products/pico-5', body, admin);
    expect(await found()).toBe(1);
  });

  test('is refused with 412 when the product has changed since the caller read it', async () => {
    const service = createTestService('product');
    const path = '/api/admin/products/pico-4';
    const etag = (await service.get('/api/products/pico-4')).headers.get('etag') ?? '';
    expect((await service.send('PUT', path, body, { ...admin, 'if-match': `W/${etag}` })).status).toBe(200);
    expect((await service.send('PUT', path, body, { ...admin, 'if-match': etag })).status).toBe(412);
    const absent = '/api/admin/products/pico-9';
    expect((await service.send('PUT', absent, body, { ...admin, 'if-match': '*' })).status).toBe(412);
  });

  test.each([
    ['a fraction of a cent', { price: { amount: 0.5, currency: 'EUR' } }],
    ['another currency', { price: { amount: 1, currency: 'USD' } }],
    ['an unknown field', { colour: 'red' }],
    ['no name', { name: '' }],
  ])('is refused with 422 for %s', async (_, fault) => {
    const service = createTestService('product');
    const answer = await service.send('PUT', '/api/admin/products/pico-4', { ...body, ...fault }, admin);
    expect(answer.status).toBe(422);
  });

  test('is refused with 422 for an invalid product id', async () => {
    const service = createTestService('product');
    expect((await service.send('PUT', '/api/admin/products/No%20id', body, admin)).status).toBe(422);
  });
});
