import { describe, expect, test } from 'vitest';
import { catalogue } from '../catalogue/catalogue.ts';
import { compositions } from '../catalogue/compositions.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import { type Compositions, faultsOf, page, part, withComposition } from '../testing/fixtures.ts';

describe('a composition', () => {
  test('accepts a valid composition', () => {
    expect(faultsOf(withComposition({}))).toBe('');
  });

  test.each<[string, CatalogueInput, string]>([
    [
      'parts that wait for each other',
      withComposition({
        parts: {
          a: part({ path: '/a/{parts.c.id}' }),
          b: part({ path: '/b/{parts.a.id}' }),
          c: part({ after: ['b'] }),
        },
      }),
      `${page}.parts: wait for each other: a > c > b > a. Remove one of these dependencies.`,
    ],
    [
      'a part that waits for itself',
      withComposition({ parts: { a: part({ after: ['a'] }) } }),
      `${page}.parts: wait for each other: a > a.`,
    ],
    [
      'a dependency on an unknown part',
      withComposition({ parts: { a: part({ path: '/a/{parts.b.id}' }) } }),
      `${page}.parts.a: needs the part "b", which does not exist. Use one of a.`,
    ],
    [
      'a required part that needs an optional one',
      withComposition({ parts: { a: part(), b: part({ required: true, path: '/b/{parts.a.id}' }) } }),
      `${page}.parts.b: is required, but needs "a", which is optional. Make "a" required, or "b" optional.`,
    ],
    [
      'two parts at one place',
      withComposition({ parts: { a: part({ at: 'x' }), b: part({ at: 'x' }) } }),
      `${page}.parts.b.at: puts "x" where the part "a" has it. Choose another place.`,
    ],
    [
      'a part at the place of a member of the top-level part',
      withComposition({ parts: { a: part({ at: '', fields: ['b.c'] }), b: part() } }),
      `${page}.parts.b.at: puts "b" where the part "a" has it.`,
    ],
    [
      'a part at a reserved place',
      withComposition({ parts: { meta: part() } }),
      `${page}.parts.meta.at: puts "meta" where the gateway has it.`,
    ],
    [
      'a path parameter that the route lacks',
      withComposition({ parts: { a: part({ path: '/a/{path.sku}' }) } }),
      `${page}.parts.a: uses {path.sku}, which catalogue.routes["GET /api/page/{id}"] does not provide. Declare it in "inputs", or correct its name.`,
    ],
    [
      'a query parameter that is not declared',
      withComposition({ parts: { a: part({ path: '/a?x={query.x}' }) } }),
      `${page}.parts.a: uses {query.x}, which`,
    ],
    [
      'an unknown identity member',
      withComposition({ parts: { a: part({ path: '/a/{identity.name}' }) } }),
      `${page}.parts.a: uses {identity.name}, which`,
    ],
    [
      'a required part that needs an identity on a route without one',
      withComposition(
        { parts: { a: part({ path: '/a/{identity.userId}', required: true }) } },
        { access: 'optional' },
      ),
      `${page}.parts.a: is required and uses {identity.userId}, but catalogue.routes["GET /api/page/{id}"] accepts callers without identity.`,
    ],
    [
      'an unknown service',
      withComposition({ parts: { a: part({ service: 'prodcut' }) } }),
      `${page}.parts.a.service: names the service "prodcut", which does not exist. Use one of ${Object.keys(catalogue.services).join(', ')},`,
    ],
    [
      'more time than the timeout of the route allows',
      withComposition(
        { parts: { a: part({ timeoutSeconds: 5 }), b: part({ timeoutSeconds: 4, after: ['a'] }) } },
        { timeoutSeconds: 10 },
      ),
      `${page}.parts: can take 9 s in sequence; catalogue.routes["GET /api/page/{id}"] allows 8.5 s of its 10 s. Lower timeoutSeconds of the parts, or raise that of the route.`,
    ],
    [
      'a part timeout above the maximum',
      withComposition({ parts: { a: part({ timeoutSeconds: 26 }) } }),
      `${page}.parts.a.timeoutSeconds: is more than 25. Give at most 25 seconds.`,
    ],
    [
      'retries of a write',
      withComposition({
        kind: 'plain',
        parts: { a: part({ method: 'POST', retries: 1 }) },
      }),
      `${page}.parts.a.retries: could write more than once, because it is retried. Retry only GET parts.`,
    ],
    [
      'a cached write',
      withComposition({
        kind: 'plain',
        parts: { a: part({ method: 'PUT', cache: { seconds: 1, shared: 'identity' } }) },
      }),
      `${page}.parts.a.cache: would cache the answer of a write.`,
    ],
    [
      'a write beside other parts',
      withComposition({ parts: { a: part({ method: 'DELETE' }), b: part() } }),
      `${page}.parts.a.method: writes although other parts of the answer can fail.`,
    ],
    [
      'a stale fallback without a cache',
      withComposition({ parts: { a: part({ fallback: { kind: 'stale' } }) } }),
      `${page}.parts.a.fallback: needs a cached answer to fall back on, but the part has no stale cache. Give the part a cache with staleSeconds.`,
    ],
    [
      'a static fallback of a required part',
      withComposition({ parts: { a: part({ required: true, fallback: { kind: 'static', value: {} } }) } }),
      `${page}.parts.a.fallback: has no effect: if a required part fails, the call fails.`,
    ],
    [
      'a shared answer that depends on the caller',
      withComposition({
        parts: { a: part({ path: '/a/{identity.userId}', cache: { seconds: 1, shared: 'public' } }) },
      }),
      `${page}.parts.a.cache: shares a cached answer that depends on {identity.userId} with all callers.`,
    ],
    [
      'a part without fields',
      withComposition({ parts: { a: part({ fields: [] }) } }),
      `${page}.parts.a.fields: is empty, so "?fields=" could not be validated.`,
    ],
    [
      'an element without an array',
      withComposition({ parts: { a: part({ path: '/a/{each.id}' }) } }),
      `${page}.parts.a.path: uses {each}, but the part has no "each".`,
    ],
    [
      'an unlimited fan-out',
      withComposition({ parts: { a: part({ each: { of: 'parts.b.x', atMost: 21, as: 'x' } }), b: part() } }),
      `${page}.parts.a.each.atMost: is more than 20. Give at most 20 elements per call.`,
    ],
    [
      'a parameter that a variant lacks',
      withComposition({
        parts: { a: part({ path: '/a?n={variant.n}' }) },
        variants: { web: { parameters: { n: '1' } }, tv: {} },
      }),
      `${page}.variants.tv.parameters: lacks "n", which a part uses.`,
    ],
    [
      'a variant without a required part',
      withComposition({ parts: { a: part({ required: true }) }, variants: { web: { without: ['a'] } } }),
      `${page}.variants.web.without: names "a", which is not an optional part.`,
    ],
    [
      'a variant with a field that no part shows',
      withComposition({ parts: { a: part() }, variants: { web: { fields: ['a.id', 'a.name'] } } }),
      `${page}.variants.web.fields: names "a.name", which no part shows. Use one of a.id.`,
    ],
    [
      'missing variants',
      withComposition({ parts: { a: part({ path: '/a?n={variant.n}' }) } }),
      `${page}.variants: are missing, but a part uses {variant.n}.`,
    ],
    [
      'an input with a reserved name',
      withComposition({ inputs: { 'query.fields': { pattern: '.*' } } }),
      `${page}.inputs["query.fields"]: is a reserved parameter of the gateway.`,
    ],
    [
      'an invalid pattern',
      withComposition({ inputs: { 'query.x': { pattern: '(' } } }),
      `${page}.inputs["query.x"].pattern: is not valid. Give a regular expression.`,
    ],
    [
      'an invalid expression',
      withComposition({ parts: { a: part({ path: '/a/{cookie.id}' }) } }),
      `${page}.parts.a.path: is not valid. Between braces write path.NAME,`,
    ],
    [
      'two parts of kind plain',
      withComposition({ kind: 'plain', parts: { a: part(), b: part() } }),
      `${page}.parts: must be exactly one for kind "plain".`,
    ],
    [
      'a route that caches a composition at the edge',
      withComposition({}, { access: 'anonymous', limit: 'anonymous', cache: { seconds: 5 } }),
      'catalogue.routes["GET /api/page/{id}"].cache: would share answers that depend on the caller, because the edge caches them.',
    ],
    [
      'a route that is not a GET',
      withComposition({}, {}, 'POST /api/page/{id}'),
      'catalogue.routes["POST /api/page/{id}"]: has the method POST, but its composition needs GET. Make it a GET route.',
    ],
    [
      'a route whose method differs from that of its part',
      withComposition({ kind: 'plain', parts: { a: part({ method: 'PUT' }) } }),
      'catalogue.routes["GET /api/page/{id}"]: has the method GET, but its composition needs PUT.',
    ],
    [
      'a composition without a route',
      {
        ...catalogue,
        compositions: { ...compositions, page: withComposition({}).compositions?.['page'] } as Compositions,
      },
      `${page}: is not used by any route.`,
    ],
    [
      'a composition with the name of a service',
      {
        ...withComposition({}),
        compositions: {
          ...compositions,
          product: withComposition({}).compositions?.['page'],
        } as Compositions,
      },
      'catalogue.compositions.product: has the same name as a service',
    ],
    [
      'a route to an unknown composition',
      withComposition({}, { composition: 'pgae' }),
      'catalogue.routes["GET /api/page/{id}"].composition: names the composition "pgae", which does not exist.',
    ],
    [
      'a route to both a service and a composition',
      withComposition({}, { service: 'product' }),
      'catalogue.routes["GET /api/page/{id}"]: is not valid. Give exactly one of "service" and "composition".',
    ],
    [
      'a route to neither',
      withComposition({}, { composition: undefined }),
      'Give exactly one of "service" and "composition".',
    ],
  ])('refuses a composition with %s', (_, input, message) => {
    expect(faultsOf(input)).toContain(message);
  });
});
