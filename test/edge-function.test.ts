import { createContext, runInContext } from 'node:vm';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maxFunctionBytes, versionedResources, viewerRequestCode } from '../lib/edge-functions/build.ts';
import type { ViewerRequest, ViewerResponse } from '../lib/edge-functions/viewer-request.ts';
import { synthesised } from './synth.ts';

/** The code as it stands in the template. */
const code: string = Object.values(synthesised('prod').templates.Edge.Resources).find(
  (resource) => resource['Type'] === 'AWS::CloudFront::Function',
)?.['Properties'].FunctionCode;

type Headers = Readonly<Record<string, string>>;

/** The one module that the runtime has. */
const importOfStore = 'import cf from "cloudfront";';

/** Newer than that runtime's library, which ends with ECMAScript 2021. */
const withoutNews = 'delete Object.hasOwn; delete Array.prototype.at; delete String.prototype.at;';

/** What operators have put into the key-value store. */
type Stored = Readonly<Record<string, unknown>>;

/** Runs the handler as CloudFront would: a script in a world without Node, but for its key-value store. */
function run(
  uri: string,
  headers: Headers = {},
  source = code,
  stored: Stored = {},
  ip = '198.51.100.7',
): ViewerRequest | ViewerResponse {
  const event = {
    version: '1.0',
    context: { eventType: 'viewer-request' },
    viewer: { ip },
    request: {
      method: 'GET',
      uri,
      querystring: { q: { value: 'a%20b' } },
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
      cookies: { session: { value: 'abc' } },
    },
  };
  const values = Object.fromEntries(
    Object.entries(stored).map(([key, value]) => [key, JSON.stringify(value)]),
  );
  const store = `const values = ${JSON.stringify(values)};
    const cf = { kvs: () => ({ get: async (key) => { if (key in values) return values[key]; throw new Error(); } }) };`;
  const world: { result?: string } = {};
  runInContext(
    `${withoutNews}\n${source.replace(importOfStore, store)}
    handler(${JSON.stringify(event)}).then((given) => { result = JSON.stringify(given); });`,
    // Promises settle before the script counts as run.
    createContext(world, { microtaskMode: 'afterEvaluate' }),
  );
  return JSON.parse(String(world.result));
}

function passed(uri: string, headers?: Headers): ViewerRequest {
  const result = run(uri, headers);
  if ('statusCode' in result) throw new Error(`Answered ${result.statusCode} instead of passing on.`);
  return result;
}

describe('the viewer-request function', () => {
  test('is within what CloudFront takes', () => {
    expect(Buffer.byteLength(code)).toBeLessThanOrEqual(maxFunctionBytes);
  });

  test('uses the language of the JavaScript runtime 2.0 only', () => {
    // "JavaScript runtime 2.0 features": no classes, destructuring, spread, for-of, optional chaining or modules.
    expect(code.startsWith(importOfStore)).toBe(true);
    expect(code.slice(importOfStore.length)).not.toMatch(
      /\b(class|import|export) |\bfor \([^)]* of |\?\.|\?\?|\.\.\.|(const|let|var) *[[{]/,
    );
    expect(code).toMatch(/^async function handler\(event\) \{/m);
  });

  test('strips what only the gateway may say', () => {
    const { headers } = passed('/api/orders', {
      'x-gw-decision': 'allow',
      'x-gw-origin-secret': 'guess',
      'x-gw-viewer-address': '10.0.0.1',
      'x-user-id': 'root',
      'x-client-id': 'acme',
      'x-plan': 'enterprise',
      'x-planet': 'earth',
      authorization: 'Bearer abc',
      'x-forwarded-for': '10.0.0.1',
    });
    expect(headers).toEqual({
      authorization: { value: 'Bearer abc' },
      'x-forwarded-for': { value: '10.0.0.1' },
      'x-gw-viewer-address': { value: '198.51.100.7' },
      'x-gw-target': { value: '/api/orders' },
    });
  });

  test('says what the viewer asked for, whatever becomes of the path', () => {
    const headers = { host: 'api.store.example', 'x-api-version': '1', 'x-gw-target': 'forged/path' };
    const request = passed('/products/a%2Fb', headers);
    expect(request.uri).toBe('/v1/products/a%2Fb');
    expect(request.headers['x-gw-target']).toEqual({ value: 'api.store.example/products/a%2Fb' });
  });

  test('lets no internal header through, whatever its name', () => {
    const internal = fc
      .tuple(
        fc.constantFrom('x-gw-', 'x-user-', 'x-client-', 'x-plan'),
        fc.stringMatching(/^[a-z0-9-]{0,12}$/),
      )
      .map((parts) => parts.join(''));
    const header = fc.oneof(internal, fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/));
    fc.assert(
      fc.property(fc.dictionary(header, fc.string()), (headers) => {
        const { headers: sent } = passed('/api/orders', headers);
        const { 'x-gw-viewer-address': viewer, 'x-gw-target': target, ...others } = sent;
        expect([viewer, target]).toEqual([{ value: '198.51.100.7' }, { value: '/api/orders' }]);
        expect(Object.keys(others).filter((name) => /^(x-gw-|x-user-|x-client-|x-plan)/.test(name))).toEqual(
          [],
        );
        const kept = Object.keys(headers).filter((name) => !/^(x-gw-|x-user-|x-client-|x-plan)/.test(name));
        expect(Object.keys(others).sort()).toEqual(kept.sort());
      }),
      { numRuns: 50 },
    );
  });

  test.each([
    ['/products/p1', undefined, '/v2/products/p1'],
    ['/products/p1', '1', '/v1/products/p1'],
    ['/products/p1', 'v1', '/v1/products/p1'],
    ['/products/p1', 'V2', '/v2/products/p1'],
    ['/products', '1', '/v1/products'],
    ['/products/a%2Fb/c', '1', '/v1/products/a%2Fb/c'],
    ['/v1/products/p1', '2', '/v1/products/p1'],
    ['/api/products/p1', '1', '/api/products/p1'],
    ['/productsold/p1', '9', '/productsold/p1'],
    ['/constructor/p1', '1', '/constructor/p1'],
    ['/', '1', '/'],
  ])('turns %s with version %s into %s', (uri, version, expected) => {
    const request = passed(uri, version === undefined ? {} : { 'x-api-version': version });
    expect(request.uri).toBe(expected);
    expect(request.querystring).toEqual({ q: { value: 'a%20b' } });
    expect(request.cookies).toEqual({ session: { value: 'abc' } });
  });

  test.each(['3', '', 'latest', '1.0', '01', '1, 2'])(
    'refuses version "%s" and names those that exist',
    (version) => {
      const answer = run('/products/p1', { 'x-api-version': version });
      if (!('statusCode' in answer)) throw new Error('Passed on.');
      expect(answer.statusCode).toBe(400);
      expect(answer.headers['content-type']).toEqual({ value: 'application/problem+json' });
      expect(answer.headers['cache-control']).toEqual({ value: 'no-store' });
      expect(JSON.parse(answer.body.data)).toEqual({
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'X-API-Version names no version of /products. Known: 1, 2.',
      });
    },
  );

  test('knows no versions where no route has one', () => {
    const unversioned = viewerRequestCode(['/api/products/{id}']);
    const result = run('/products/p1', { 'x-api-version': '1' }, unversioned);
    expect('uri' in result && result.uri).toBe('/products/p1');
  });
});

describe('what operators switch', () => {
  const now = Math.floor(Date.now() / 1_000);
  const statusOf = (uri: string, stored: Stored, ip?: string) => {
    const result = run(uri, {}, code, stored, ip);
    return 'statusCode' in result ? result.statusCode : 200;
  };
  const block = { until: 0, reason: 'x' };

  test.each([
    ['198.51.100.7', { 'block/198.51.100.7': block }, 403],
    ['198.51.100.7', { 'block/198.51.100.0/24': block }, 403],
    ['198.51.101.7', { 'block/198.51.100.0/24': block }, 200],
    ['198.51.100.70', { 'block/198.51.100.7': block }, 200],
    ['2001:db8:0:1::7', { 'block/2001:db8:0:1:0:0:0:7': block }, 403],
    ['2001:0DB8:0000:0001:0000:0000:0000:0007', { 'block/2001:db8:0:1:0:0:0:7': block }, 403],
    ['2001:db8:0:1:ffff::', { 'block/2001:db8:0:1::/64': block }, 403],
    ['2001:db8:0:2::7', { 'block/2001:db8:0:1::/64': block }, 200],
    ['::1', { 'block/0:0:0:0:0:0:0:1': block }, 403],
    ['::ffff:198.51.100.7', { 'block/198.51.100.7': block }, 403],
    ['::FFFF:198.51.100.8', { 'block/198.51.100.0/24': block }, 403],
    ['198.51.100.7', { 'block/198.51.100.7': { ...block, until: now + 60 } }, 403],
    ['198.51.100.7', { 'block/198.51.100.7': { ...block, until: now - 1 } }, 200],
    ['198.51.100.7', { 'block/198.51.100.7': null }, 200],
  ])('address %s with %j: %i', (ip, stored, status) => {
    expect(statusOf('/api/orders', stored, ip)).toBe(status);
  });

  const kill = (path: string, until = 0) => ({ kill: [{ path, until, retryAfterSeconds: 120 }] });
  test.each([
    ['/api/orders', kill('/api/orders'), 503],
    ['/api/orders/o1', kill('/api/orders'), 503],
    ['/api/%6frders/o1', kill('/api/orders'), 503],
    ['/api/orders-old', kill('/api/orders'), 200],
    ['/api/orders', kill('/api/orders', now - 1), 200],
    ['/api/orders', kill('/'), 503],
    ['/', kill('/'), 503],
    ['/products/p1', kill('/v2/products'), 503],
    ['/products/p1', kill('/products'), 503],
    ['/products/p1', kill('/v1/products'), 200],
    ['/%zz', kill('/api'), 200],
    ['/api/%6frders/%zz', kill('/api/orders'), 503],
    ['/%61pi/orders/100%', kill('/api/orders'), 503],
    ['/%61%70%69/orders/%ff', kill('/api/orders'), 503],
    ['/api%2forders/%C3', kill('/api/orders'), 503],
    ['/api/%6frders%ff', kill('/api/orders'), 200],
    ['/api/%63af%C3%A9/%E0', kill('/api/caf\u00e9'), 503],
    ['/api/caf%C3%A9', kill('/api/caf%c3%a9'), 503],
    ['/api/%256frders', kill('/api/orders'), 200],
    ['//api//orders', kill('/api/orders'), 503],
    ['/x/%2e%2e/api/./orders/7', kill('/api/orders'), 503],
    ['/api/orders/../products', kill('/api/products'), 503],
    ['/api/orders', { kill: 'nonsense' }, 200],
  ])('path %s with %j: %i', (uri, stored, status) => {
    expect(statusOf(uri, stored)).toBe(status);
  });

  test('says when to come again, as problem details that nobody keeps', () => {
    const answer = run('/api/orders', {}, code, kill('/api'));
    if (!('statusCode' in answer)) throw new Error('Passed on.');
    expect(answer.headers).toMatchObject({
      'retry-after': { value: '120' },
      'cache-control': { value: 'no-store' },
      'content-type': { value: 'application/problem+json' },
    });
    expect(JSON.parse(answer.body.data)).toMatchObject({ status: 503, title: 'Service Unavailable' });
  });
});

test('versions are read from the paths, in the order of numbers', () => {
  expect(
    versionedResources(['/v10/a/{id}', '/v9/a', '/v1/b/c', '/api/v1/d', '/v2/{id}', '/v9/a/{id}']),
  ).toEqual([
    { name: 'a', versions: [9, 10] },
    { name: 'b', versions: [1] },
  ]);
});
