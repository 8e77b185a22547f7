import { describe, expect, test } from 'vitest';
import type { BatchComposition } from './contract.ts';
import { aggregatorFor, answered, eventOf, failed } from './testing/composition-fixtures.ts';

const composition: BatchComposition = {
  kind: 'batch',
  service: 'page',
  timeoutSeconds: 10,
  reads: [
    { path: '/api/products', service: 'product' },
    { path: '/api/products/{id}', service: 'product' },
    { path: '/api/products/{id}/reviews', service: 'review' },
  ],
  atMost: 20,
  readTimeoutSeconds: 2,
  maxBytes: 1_000,
};

const responses = {
  '/api/products/a': answered({ id: 'a' }),
  '/api/products/none': answered({ title: 'Not Found' }, 404),
  '/api/products/slow': failed('timeout'),
  '/api/products/down': failed('breaker-open'),
  '/api/products/broken': answered('<html>', 500),
  '/api/products/garbage': answered('<html>'),
  '/api/products/exact': answered('{"n":[12345678901234567890,1.0,1e400]}'),
};

const answer = async (body: unknown) => {
  const { aggregate, calls } = aggregatorFor(
    composition,
    ({ path }) => responses[path as keyof typeof responses] ?? answered({ path }),
  );
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { statusCode, headers, body: answerText } = await aggregate(eventOf({ body: text }));
  return { statusCode, headers, body: JSON.parse(answerText) as unknown, text: answerText, calls };
};

const itemsOf = (...paths: readonly string[]) => ({
  items: paths.map((path, index) => ({ id: `i${index}`, path })),
});

test('returns reads in their order, each with its own status', async () => {
  const { statusCode, headers, body, calls } = await answer(
    itemsOf(
      '/api/products/slow',
      '/api/products/a',
      '/api/products/none',
      '/api/products/down',
      '/api/products/broken',
      '/api/products/garbage',
      '/api/products?limit=2&q=pico%204',
      '/api/products/b%20c/reviews',
    ),
  );
  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({ 'x-gateway-completed': 'false', 'cache-control': 'no-store' });
  expect(body).toEqual({
    items: [
      {
        id: 'i0',
        status: 504,
        body: expect.objectContaining({ status: 504, reason: 'timeout' }) as unknown,
      },
      { id: 'i1', status: 200, body: { id: 'a' } },
      { id: 'i2', status: 404, body: { title: 'Not Found' } },
      { id: 'i3', status: 502, body: expect.objectContaining({ reason: 'breaker-open' }) as unknown },
      { id: 'i4', status: 502, body: expect.objectContaining({ reason: 'server-error' }) as unknown },
      { id: 'i5', status: 502, body: expect.objectContaining({ reason: 'not-json' }) as unknown },
      { id: 'i6', status: 200, body: { path: '/api/products?limit=2&q=pico%204' } },
      { id: 'i7', status: 200, body: { path: '/api/products/b%20c/reviews' } },
    ],
  });
  expect(calls.map(({ service }) => service)).toEqual([
    ...Array.from({ length: 7 }, () => 'product'),
    'review',
  ]);
  expect(calls[0]?.headers).toMatchObject({
    'x-gw-decision': 'allow',
    'x-gw-service': 'product',
    'x-user-id': 'ada',
  });
});

test('uses the position as a missing id, and a whole answer completes the read', async () => {
  const { body, headers } = await answer({ items: [{ path: '/api/products/a' }] });
  expect(body).toEqual({ items: [{ id: '0', status: 200, body: { id: 'a' } }] });
  expect(headers['x-gateway-completed']).toBe('true');
});

describe('answers 400 to invalid input and calls no service', () => {
  test.each<[string, unknown]>([
    ['no JSON', 'items'],
    ['nothing', ''],
    ['no items', {}],
    ['an empty list', { items: [] }],
    ['a list of texts', { items: ['/api/products/a'] }],
    ['more than twenty', itemsOf(...Array.from({ length: 21 }, () => '/api/products/a'))],
    [
      'an id twice',
      {
        items: [
          { id: 'a', path: '/api/products/a' },
          { id: 'a', path: '/api/products/b' },
        ],
      },
    ],
    ['an id that is not a string', { items: [{ id: 1, path: '/api/products/a' }] }],
    ['a path that is not a string', { items: [{ path: 1 }] }],
    ...[
      '/api/orders',
      '/api/products/',
      '/api/products/../admin',
      '/api/products/..',
      '/api/products/%2e%2e',
      '/api/products/a%2fb',
      '/api/products/a%5Cb',
      '/api/products/a%0d%0ax',
      '/api/products/a%00',
      '/api/products/a b',
      '/api/products/a\r\nx-user-id: root',
      '/api/products/%zz',
      '/api/products/a#b',
      '/api/products/a?x=1?y=2',
      '/api/products?x=\r\n',
      '/api/products?x=%00',
      '/api/products?x=a%0ab',
      '/api/products?x=%7f',
      '/api/products?x=%C2%85',
      '/api/products?x=%2fadmin',
      '/api/products?x=%5c',
      '/api/products?x=%',
      '/api/products?x=%4',
      '/api/products?x=%zz',
      '/api/products?x=%ED%A0%80',
      '/api/products?x=%C3%28',
      '/api/products/%ED%A0%80',
      '/api/products/%C2%85',
      '/api/products/%C3',
      '//evil.example/api/products',
      'http://evil.example/api/products/a',
      `/api/products/${'a'.repeat(3_000)}`,
    ].map((path): [string, unknown] => [path.slice(0, 60), itemsOf('/api/products/a', path)]),
  ])('%j', async (_, body) => {
    const { statusCode, calls } = await answer(body);
    expect(statusCode).toBe(400);
    expect(calls).toEqual([]);
  });
});

test('refuses in a query every escape that it refuses in a path', async () => {
  for (let byte = 0; byte < 256; byte += 1) {
    const escaped = `%${byte.toString(16).padStart(2, '0')}`;
    const statuses = await Promise.all(
      [`/api/products/a${escaped}`, `/api/products?q=a${escaped}`].map(
        async (path) => (await answer(itemsOf(path))).statusCode,
      ),
    );
    expect([escaped, statuses[1]]).toEqual([escaped, statuses[0]]);
  }
});

test('passes numbers as the services write them', async () => {
  const { text } = await answer(itemsOf('/api/products/exact'));
  expect(text).toContain('{"n":[12345678901234567890,1.0,1e400]}');
});
