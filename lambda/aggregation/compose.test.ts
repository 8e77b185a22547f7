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

describe('a composition', () => {
  test('merges its parts in declared order, with the status of each', async () => {
    const { aggregate, calls } = aggregatorFor(
      page([
        partOf('product', { required: true, at: '', path: '/products/{path.id}' }),
        partOf('stock', { at: 'availability', mapping: [{ pick: ['left'] }] }),
      ]),
      ({ path }) =>
        answered(path === '/stock' ? { left: 3, shelf: 'B' } : { id: 'p-1', availability: 'old' }),
    );
    const answer = await aggregate(eventOf());
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(
      '{"id":"p-1","availability":{"left":3},"meta":{"complete":true,"parts":{' +
        '"product":{"status":"ok","source":"service","ageSeconds":0},"stock":{"status":"ok","source":"service","ageSeconds":0}}}}',
    );
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'x-gateway-completed': 'true',
      'cache-control': 'private, no-store',
      'x-request-id': 'r-1',
    });
    expect(calls).toHaveLength(2);
  });

  test('sends the services identity, decision, trace and request id, and no credential', async () => {
    const { aggregate, calls } = aggregatorFor(
      page([
        partOf('own'),
        partOf('public', { cache: { seconds: 1, staleSeconds: 0, shared: 'public' } }),
        partOf('carrier', { isExternal: true }),
      ]),
      () => answered({}),
    );
    const headers = {
      authorization: 'Bearer x',
      cookie: 'a=1',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678;Sampled=1',
      'accept-language': 'de',
      'x-user-id': 'root',
    };
    await aggregate(eventOf({ headers }, { userEmail: 'ada@example.com', userRole: '-', cohort: 'stable' }));
    const own = {
      accept: 'application/json',
      'accept-language': 'de',
      // The ids of its trace, but not the caller's sampling flag.
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00',
      'x-amzn-trace-id': 'Root=1-67891233-abcdef012345678912345678',
      'x-request-id': 'r-1',
      'x-user-id': 'ada',
      'x-user-role': '-',
      'x-client-id': '-',
      'x-plan': '-',
    };
    const inside = {
      'x-gw-decision': 'allow',
      'x-gw-cohort': 'stable',
      'x-client-address': '-',
    };
    const { 'accept-language': _, ...everybody } = own;
    expect(calls.map((call) => call.headers)).toEqual(
      expect.arrayContaining([
        { ...own, ...inside, 'x-gw-service': 'own', 'x-user-email': 'ada@example.com' },
        { ...everybody, ...inside, 'x-gw-service': 'public', 'x-user-id': '-', 'x-user-email': '-' },
        own,
      ]),
    );
  });

  test('requests independent parts at once, and dependent ones when their inputs are available', async () => {
    const order: string[] = [];
    const { aggregate } = aggregatorFor(
      page([
        partOf('c', { path: '/c/{parts.a.id}', after: ['a'] }),
        partOf('a', { path: '/a' }),
        partOf('b', { path: '/b' }),
      ]),
      async ({ path }) => {
        order.push(`> ${path}`);
        await Promise.resolve();
        order.push(`< ${path}`);
        return answered({ id: 'x' });
      },
    );
    expect(json(await aggregate(eventOf()))).toMatchObject({ a: { id: 'x' }, c: { id: 'x' } });
    expect(order.indexOf('> /b')).toBeLessThan(order.indexOf('< /a'));
    expect(order.indexOf('> /c/x')).toBeGreaterThan(order.indexOf('< /a'));
  });

  test('sends one request for each element of an array, up to a limit', async () => {
    const { aggregate, calls } = aggregatorFor(
      page([
        partOf('list', { required: true, at: '', fields: ['owner'] }),
        partOf('products', {
          path: '/products/{each.id}',
          after: ['list'],
          each: { of: 'parts.list.items', atMost: 3, as: 'product' },
          at: 'items',
        }),
      ]),
      ({ path }) => {
        if (path === '/list')
          return answered({ owner: 'ada', items: ['a', 'b', 'c', 'd'].map((id) => ({ id })) });
        if (path === '/products/b') return answered({ title: 'gone' }, 404);
        return answered({ name: path });
      },
    );
    const answer = await aggregate(eventOf());
    expect(json(answer)).toMatchObject({
      owner: 'ada',
      items: [
        { id: 'a', product: { name: '/products/a' } },
        { id: 'b', product: null },
        { id: 'c', product: { name: '/products/c' } },
      ],
      meta: { complete: false, parts: { products: { status: 'partial', reason: 'more than 3' } } },
    });
    expect(calls).toHaveLength(4);
  });

  test('names the elements without an answer', async () => {
    const { aggregate } = aggregatorFor(
      page([
        partOf('list'),
        partOf('products', {
          path: '/products/{each}',
          after: ['list'],
          each: { of: 'parts.list', atMost: 9, as: 'product' },
        }),
      ]),
      ({ path }) =>
        path === '/list'
          ? answered(['a', 'b'])
          : path.endsWith('a')
            ? failed('timeout')
            : answered({ ok: 1 }),
    );
    expect(json(await aggregate(eventOf()))).toMatchObject({
      products: [
        { value: 'a', product: null },
        { value: 'b', product: { ok: 1 } },
      ],
      meta: { parts: { products: { status: 'partial', reason: 'timeout' } } },
    });
  });
});

test('a part for signed-in callers does not apply to others, and the answer stays complete', async () => {
  const { aggregate, calls } = aggregatorFor(
    page([
      partOf('product'),
      partOf('cart', { path: '/cart/{identity.userId}' }),
      partOf('gifts', { path: '/gifts/{parts.cart.id}', after: ['cart'] }),
    ]),
    () => answered({}),
  );
  const answer = await aggregate(eventOf({}, { userId: '-' }));
  expect(json(answer)).toMatchObject({
    cart: null,
    gifts: null,
    meta: { complete: true, parts: { cart: { status: 'skipped' }, gifts: { status: 'skipped' } } },
  });
  expect(calls).toHaveLength(1);
});

test('an answer of one part alone has its validator, for a later If-Match', async () => {
  const respond = ({ path }: { readonly path: string }) => answered({ id: 1 }, 200, { etag: `"${path}"` });
  const one = aggregatorFor(page([partOf('a', { required: true })]), respond);
  expect((await one.aggregate(eventOf())).headers['etag']).toBe('W/"/a"');
});

test('logs a part that fails, but not one that does not apply', async () => {
  const { aggregate, lines } = aggregatorFor(
    page([partOf('a'), partOf('b'), partOf('own', { path: '/{identity.clientId}' })]),
    ({ path }) => (path === '/a' ? failed('timeout') : answered({})),
  );
  await aggregate(eventOf());
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    {
      level: 'warn',
      message: 'A part did not answer as expected.',
      part: 'a',
      service: 'a',
      status: 'failed',
      reason: 'timeout',
      route: 'GET /page/{id}',
      requestId: 'r-1',
    },
  ]);
});

test('answers 502 when the answer is longer than a function can return', async () => {
  const { aggregate } = aggregatorFor(page(['a', 'b', 'c'].map((name) => partOf(name))), () =>
    answered({ text: 'x'.repeat(2_000_000) }),
  );
  expect((await aggregate(eventOf())).statusCode).toBe(502);
});

test('the end of a call ends its requests', async () => {
  const { aggregate, calls } = aggregatorFor(
    page([partOf('product', { required: true }), partOf('slow')]),
    ({ path }) => (path === '/product' ? failed('connection') : new Promise(() => undefined)),
  );
  expect((await aggregate(eventOf())).statusCode).toBe(502);
  expect(calls.map(({ path, signal }) => [path, signal.aborted])).toEqual([
    ['/product', true],
    ['/slow', true],
  ]);
});

test('a client that disconnects ends them too', async () => {
  const gone = new AbortController();
  const { aggregate } = aggregatorFor(
    page([partOf('slow', { required: true })]),
    ({ signal }) =>
      new Promise((done) => {
        signal.addEventListener('abort', () => done(failed('aborted')));
        gone.abort();
      }),
  );
  expect((await aggregate(eventOf(), gone.signal)).statusCode).toBe(504);
});

test('requests nothing that the decision refuses', async () => {
  const { aggregate, calls } = aggregatorFor(page([partOf('a')]), () => answered({}));
  const statuses = [
    await aggregate(eventOf({}, { decision: 'throttled' })),
    await aggregate(eventOf({}, { service: 'product' })),
    await aggregate(eventOf({ routeKey: 'GET /other' })),
  ].map(({ statusCode }) => statusCode);
  expect(statuses).toEqual([429, 403, 403]);
  expect(calls).toEqual([]);
});
