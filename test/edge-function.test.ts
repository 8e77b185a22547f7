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

/** Newer than that runtime's library, which ends with ECMAScript 2021. */
const withoutNews = 'delete Object.hasOwn; delete Array.prototype.at; delete String.prototype.at;';

/** Runs the handler as CloudFront would: a script in a world without Node. */
function run(uri: string, headers: Headers = {}, source = code): ViewerRequest | ViewerResponse {
  const event = {
    version: '1.0',
    context: { eventType: 'viewer-request' },
    viewer: { ip: '198.51.100.7' },
    request: {
      method: 'GET',
      uri,
      querystring: { q: { value: 'a%20b' } },
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }])),
      cookies: { session: { value: 'abc' } },
    },
  };
  const result: unknown = runInContext(
    `${withoutNews}\n${source}\nJSON.stringify(handler(${JSON.stringify(event)}))`,
    createContext({}),
  );
  return JSON.parse(String(result));
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
    expect(code).not.toMatch(
      /\b(class|import|export|async) |\bfor \([^)]* of |\?\.|\?\?|\.\.\.|(const|let|var) *[[{]/,
    );
    expect(code).toMatch(/^function handler\(event\) \{/m);
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

test('versions are read from the paths, in the order of numbers', () => {
  expect(
    versionedResources(['/v10/a/{id}', '/v9/a', '/v1/b/c', '/api/v1/d', '/v2/{id}', '/v9/a/{id}']),
  ).toEqual([
    { name: 'a', versions: [9, 10] },
    { name: 'b', versions: [1] },
  ]);
});
