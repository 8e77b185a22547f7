import { describe, expect, test } from 'vitest';
import type { HttpResponse } from '../../runtime/http/lambda-http.ts';
import {
  aggregatorFor,
  answered,
  compositionOf,
  eventOf,
  failed,
  partOf,
} from './testing/composition-fixtures.ts';

const json = (answer: HttpResponse) => JSON.parse(answer.body) as Record<string, unknown>;
const page = (...parts: Parameters<typeof compositionOf>) => compositionOf(...parts);

describe('a required part that fails ends the call', () => {
  test.each([
    ['timeout', 504],
    ['aborted', 504],
    ['connection', 502],
    ['dns', 502],
    ['breaker-open', 502],
    ['bulkhead-full', 502],
    ['too-large', 502],
  ] as const)('%s: %i', async (reason, status) => {
    const { aggregate } = aggregatorFor(
      page([partOf('extra'), partOf('product', { required: true })]),
      ({ path }) => (path === '/product' ? failed(reason) : answered({})),
    );
    const answer = await aggregate(eventOf());
    expect(answer.statusCode).toBe(status);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
    });
    expect(json(answer)).toMatchObject({
      status,
      part: 'product',
      detail: expect.stringContaining('"product"') as string,
    });
  });

  test.each([
    ['an error', answered({}, 500)],
    ['a redirect', answered('', 302, { location: 'http://169.254.169.254/' })],
    ['garbage', answered('<html>')],
    ['half a value', answered('{"id":')],
    ['a value too deep to be walked', answered('['.repeat(50_000) + ']'.repeat(50_000))],
  ])('answers 502 to %s', async (_, response) => {
    const { aggregate } = aggregatorFor(page([partOf('product', { required: true })]), () => response);
    expect((await aggregate(eventOf())).statusCode).toBe(502);
  });

  test('passes its 4xx on', async () => {
    const { aggregate } = aggregatorFor(page([partOf('product', { required: true })]), () =>
      answered({ title: 'Not Found' }, 404, {
        'content-type': 'application/problem+json',
        'set-cookie': 'a=1',
        server: 'x',
      }),
    );
    const answer = await aggregate(eventOf());
    expect(answer.statusCode).toBe(404);
    expect(json(answer)).toEqual({ title: 'Not Found' });
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers).not.toHaveProperty('server');
  });
});

describe('an optional part that fails leaves its fallback', () => {
  const answer = async (
    part: Parameters<typeof partOf>[1],
    response = failed('connection') as ReturnType<typeof failed> | ReturnType<typeof answered>,
  ) => {
    const { aggregate } = aggregatorFor(
      page([partOf('product', { required: true }), partOf('extra', part)]),
      ({ path }) => (path === '/product' ? answered({ id: 1 }) : response),
    );
    return aggregate(eventOf({}, { cacheControl: 'public, max-age=60' }));
  };

  test('uses the static one', async () => {
    const fallen = await answer({
      fallback: { kind: 'static', value: { items: ['top'] } },
      fields: ['items'],
    });
    expect(json(fallen)).toEqual({
      product: { id: 1 },
      extra: { items: ['top'] },
      meta: {
        complete: false,
        parts: {
          product: { status: 'ok', source: 'service', ageSeconds: 0 },
          extra: { status: 'fallback', source: 'static', ageSeconds: 0, reason: 'connection' },
        },
      },
    });
  });

  test.each([
    ['a failure', failed('breaker-open'), 'breaker-open'],
    ['a 4xx', answered({}, 403), 'status 403'],
    ['a 5xx', answered({}, 503), 'server-error'],
    ['garbage', answered('no'), 'not-json'],
  ])('uses null when there is none: %s', async (_, response, reason) => {
    const fallen = await answer({}, response);
    expect(fallen.statusCode).toBe(200);
    expect(json(fallen)).toMatchObject({
      extra: null,
      meta: { parts: { extra: { status: 'failed', source: 'none', reason } } },
    });
  });

  test('such an answer is not cached', async () => {
    const fallen = await answer({});
    expect(fallen.headers).toMatchObject({ 'x-gateway-completed': 'false', 'cache-control': 'no-store' });
  });

  test('gives its own fallback to a part that depends on it', async () => {
    const { aggregate, calls } = aggregatorFor(
      page([
        partOf('a'),
        partOf('b', { path: '/b/{parts.a.id}', after: ['a'], fallback: { kind: 'static', value: 'b' } }),
        partOf('c', { path: '/c/{parts.d.id}', after: ['d'] }),
        partOf('d'),
      ]),
      ({ path }) => (path === '/a' ? failed('dns') : answered({ name: 'no id' })),
    );
    expect(json(await aggregate(eventOf()))).toMatchObject({
      a: null,
      b: 'b',
      c: null,
      meta: { parts: { b: { status: 'fallback', reason: 'no parts.a' }, c: { reason: 'no parts.d.id' } } },
    });
    expect(calls.map(({ path }) => path)).toEqual(['/a', '/d']);
  });
});
