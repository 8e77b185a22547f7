import { describe, expect, test } from 'vitest';
import { aggregatorFor, answered, compositionOf, eventOf, partOf } from './testing/composition-fixtures.ts';

const composition = compositionOf(
  [
    partOf('product', {
      required: true,
      path: '/products/{path.id}',
      fields: ['id', 'price.amount', 'tags.name'],
    }),
    partOf('reviews', {
      path: '/reviews?limit={variant.limit}&country={query.country}',
      fields: ['items.text'],
    }),
    partOf('orders', { onDemand: true, path: '/orders', fields: ['items.id'] }),
  ],
  {
    inputs: {
      'path.id': { pattern: '[a-z0-9-]{1,20}' },
      'query.country': { pattern: '[A-Z]{2}', default: 'DE' },
      'header.x-device': { pattern: '[a-z]+', default: 'none' },
    },
    variants: {
      web: { without: [], fields: [], parameters: { limit: '5' } },
      mobile: { without: ['reviews'], fields: ['product.id'], parameters: { limit: '1' } },
    },
  },
);

const services = {
  '/products/p-1': { id: 'p-1', price: { amount: 5, margin: 3 }, tags: [{ name: 'new', internal: 1 }] },
  '/orders': { items: [{ id: 'o-1', note: 'inside' }] },
};

const answer = async (event: Record<string, unknown> = {}) => {
  const { aggregate, calls } = aggregatorFor(composition, ({ path }) =>
    answered(services[path as keyof typeof services] ?? { items: [{ text: path, author: 'inside' }] }),
  );
  const { statusCode, body } = await aggregate(eventOf(event));
  const parsed = JSON.parse(body) as Record<string, unknown> & { readonly detail?: string };
  return { statusCode, body: parsed, paths: calls.map(({ path }) => path) };
};

describe('answers 400 to invalid input with the fault, and calls no service', () => {
  test.each<[string, Record<string, unknown>, string]>([
    [
      'an id of another form',
      { pathParameters: { id: 'P_1' } },
      'The path parameter "id" does not have the form [a-z0-9-]{1,20}.',
    ],
    ['an id with a separator', { pathParameters: { id: 'a/b' } }, 'path parameter "id"'],
    ['an id with an encoded separator', { pathParameters: { id: 'a%2fb' } }, 'path parameter "id"'],
    ['an id that is a parent directory', { pathParameters: { id: '..' } }, 'path parameter "id"'],
    ['an id with a header in it', { pathParameters: { id: 'a\r\nx-user-id: root' } }, 'path parameter "id"'],
    ['an id that ends its line', { pathParameters: { id: 'a\n' } }, 'path parameter "id"'],
    ['a missing id', { pathParameters: {} }, 'The path parameter "id" is missing.'],
    [
      'a parameter given twice',
      { rawQueryString: 'country=DE&country=FR' },
      'The parameter "country" is given more than once. Give it once.',
    ],
    [
      'include given twice',
      { rawQueryString: 'include=orders&include=reviews' },
      '"include" is given more than once',
    ],
    [
      'a parameter of another form',
      { rawQueryString: 'country=de' },
      'The parameter "country" does not have the form [A-Z]{2}.',
    ],
    [
      'a header in a parameter',
      { rawQueryString: 'country=DE%0d%0ax-user-id:%20root' },
      'parameter "country"',
    ],
    [
      'a header of another form',
      { headers: { 'x-device': 'a b' } },
      'The header "x-device" does not have the form',
    ],
    [
      'a query of 2 MB',
      { rawQueryString: `x=${'a'.repeat(2_000_000)}` },
      'The query is longer than 4096 characters.',
    ],
    ['a query that is not UTF-8', { rawQueryString: 'x=%ff' }, 'The query is not percent-encoded UTF-8.'],
    ['half an escape', { rawQueryString: 'x=%e' }, 'The query is not percent-encoded UTF-8.'],
    [
      'an unknown part',
      { rawQueryString: 'include=orders,prices' },
      'The parameter "include" names "prices", which does not exist. Use one of: product, reviews, orders.',
    ],
    [
      'an unknown field',
      { rawQueryString: 'fields=product.prize' },
      'names "product.prize", which does not exist. Use one of: product.id, product.price.amount, product.tags.name, reviews.items.text, orders.items.id.',
    ],
    ['a field below the last', { rawQueryString: 'fields=product.id.x' }, 'names "product.id.x"'],
    [
      'a field that is not shown',
      { rawQueryString: 'fields=product.price.margin' },
      'names "product.price.margin"',
    ],
    [
      'an unknown variant',
      { rawQueryString: 'variant=watch' },
      'names "watch", which does not exist. Use one of: web, mobile.',
    ],
  ])('%s', async (_, event, detail) => {
    const { statusCode, body, paths } = await answer(event);
    expect(statusCode).toBe(400);
    expect(body.detail).toContain(detail);
    expect(paths).toEqual([]);
  });
});

describe("the caller's query", () => {
  const members = async (query: string) => {
    const { body, paths } = await answer({ rawQueryString: query });
    const { meta: _, ...shown } = body;
    return { shown, paths };
  };
  const product = { id: 'p-1', price: { amount: 5 }, tags: [{ name: 'new' }] };

  test('without one, all parts but those on demand, and of them the declared fields', async () => {
    expect(await members('')).toEqual({
      shown: { product, reviews: { items: [{ text: '/reviews?limit=5&country=DE' }] } },
      paths: ['/products/p-1', '/reviews?limit=5&country=DE'],
    });
  });

  test('include names the optional parts', async () => {
    expect(await members('include=orders')).toEqual({
      shown: { product, orders: { items: [{ id: 'o-1' }] } },
      paths: ['/products/p-1', '/orders'],
    });
    expect((await members('include=')).paths).toEqual(['/products/p-1']);
  });

  test.each([
    ['product.price', { product: { price: { amount: 5 } } }, 1],
    ['product.tags.name', { product: { tags: [{ name: 'new' }] } }, 1],
    ['reviews', { reviews: { items: [{ text: '/reviews?limit=5&country=DE' }] } }, 2],
    [
      'product.id,reviews.items',
      { product: { id: 'p-1' }, reviews: { items: [{ text: '/reviews?limit=5&country=DE' }] } },
      2,
    ],
  ])('fields=%s shows no more, and requests no unused part', async (fields, shown, asked) => {
    const answered = await members(`fields=${fields}`);
    expect(answered.shown).toEqual(shown);
    expect(answered.paths).toHaveLength(asked);
  });

  test('a variant leaves out and shows less, unless the caller overrides it', async () => {
    expect(await members('variant=mobile')).toEqual({
      shown: { product: { id: 'p-1' } },
      paths: ['/products/p-1'],
    });
    expect((await members('variant=mobile&include=reviews&fields=reviews')).shown).toEqual({
      reviews: { items: [{ text: '/reviews?limit=1&country=DE' }] },
    });
  });

  test('a part that is named is shown, whatever the variant shows', async () => {
    expect((await members('variant=mobile&include=orders')).shown).toEqual({
      product: { id: 'p-1' },
      orders: { items: [{ id: 'o-1' }] },
    });
  });

  test('a parameter that the composition does not declare is ignored', async () => {
    expect((await members('utm=1&utm=2&country=FR')).paths).toContain('/reviews?limit=5&country=FR');
  });
});
