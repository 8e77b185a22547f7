import { describe, expect, it } from 'vitest';
import { catalogue } from '../catalogue/catalogue.ts';
import { compositions } from '../catalogue/compositions.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import { type Compositions, faultsOf, page, part, withComposition } from '../testing/fixtures.ts';

describe('a composition', () => {
  it('is accepted when it is whole', () => {
    expect(faultsOf(withComposition({}))).toBe('');
  });

  it.each<[string, CatalogueInput, string]>([
    [
      'parts that wait for each other',
      withComposition({
        parts: {
          a: part({ path: '/a/{parts.c.id}' }),
          b: part({ path: '/b/{parts.a.id}' }),
          c: part({ after: ['b'] }),
        },
      }),
      `${page}.parts: wait for each other: a > c > b > a. Break the circle.`,
    ],
    [
      'a part that waits for itself',
      withComposition({ parts: { a: part({ after: ['a'] }) } }),
      `${page}.parts: wait for each other: a > a.`,
    ],
    [
      'a part that is not there',
      withComposition({ parts: { a: part({ path: '/a/{parts.b.id}' }) } }),
      `${page}.parts.a: needs the part "b", which is not there. Use one of a.`,
    ],
    [
      'a required part that needs an optional one',
      withComposition({ parts: { a: part(), b: part({ required: true, path: '/b/{parts.a.id}' }) } }),
      `${page}.parts.b: is required, but needs "a", which is not. Make "a" required, or "b" optional.`,
    ],
    [
      'two parts at one place',
      withComposition({ parts: { a: part({ at: 'x' }), b: part({ at: 'x' }) } }),
      `${page}.parts.b.at: puts "x" where the part "a" has it. Choose another place.`,
    ],
    [
      'a part where the top part has a member',
      withComposition({ parts: { a: part({ at: '', fields: ['b.c'] }), b: part() } }),
      `${page}.parts.b.at: puts "b" where the part "a" has it.`,
    ],
    [
      "a part at the gateway's place",
      withComposition({ parts: { meta: part() } }),
      `${page}.parts.meta.at: puts "meta" where the gateway has it.`,
    ],
    [
      'a path parameter that the route lacks',
      withComposition({ parts: { a: part({ path: '/a/{path.sku}' }) } }),
      `${page}.parts.a: uses {path.sku}, which catalogue.routes["GET /api/page/{id}"] does not give. Declare it in "inputs", or correct its name.`,
    ],
    [
      'a query parameter that is not declared',
      withComposition({ parts: { a: part({ path: '/a?x={query.x}' }) } }),
      `${page}.parts.a: uses {query.x}, which`,
    ],
    [
      'a word of the identity that is none',
      withComposition({ parts: { a: part({ path: '/a/{identity.name}' }) } }),
      `${page}.parts.a: uses {identity.name}, which`,
    ],
    [
      'a required part about a caller who need not be known',
      withComposition(
        { parts: { a: part({ path: '/a/{identity.userId}', required: true }) } },
        { access: 'optional' },
      ),
      `${page}.parts.a: is required and uses {identity.userId}, but catalogue.routes["GET /api/page/{id}"] lets callers without identity in.`,
    ],
    [
      'a service that is not there',
      withComposition({ parts: { a: part({ service: 'prodcut' }) } }),
      `${page}.parts.a.service: names the service "prodcut", which is not there. Use one of product, user,`,
    ],
    [
      "more time than the door's limit leaves",
      withComposition(
        { parts: { a: part({ timeoutSeconds: 5 }), b: part({ timeoutSeconds: 4, after: ['a'] }) } },
        { timeoutSeconds: 10 },
      ),
      `${page}.parts: may take 9 s one after another; catalogue.routes["GET /api/page/{id}"] leaves 8.5 s of its 10 s. Shorten timeoutSeconds of the parts, or give the route more.`,
    ],
    [
      'a part that may take longer than any route',
      withComposition({ parts: { a: part({ timeoutSeconds: 26 }) } }),
      `${page}.parts.a.timeoutSeconds: is more than 25. Give at most 25 seconds.`,
    ],
    [
      'retries of a write',
      withComposition({
        kind: 'plain',
        parts: { a: part({ method: 'POST', retries: 1 }) },
      }),
      `${page}.parts.a.retries: would write more than once. Only a GET may be retried.`,
    ],
    [
      'a kept answer of a write',
      withComposition({
        kind: 'plain',
        parts: { a: part({ method: 'PUT', cache: { seconds: 1, shared: 'identity' } }) },
      }),
      `${page}.parts.a.cache: would keep the answer of a write.`,
    ],
    [
      'a write beside other parts',
      withComposition({ parts: { a: part({ method: 'DELETE' }), b: part() } }),
      `${page}.parts.a.method: writes beside other parts, which could then fail.`,
    ],
    [
      'a stale fallback without a cache',
      withComposition({ parts: { a: part({ fallback: { kind: 'stale' } }) } }),
      `${page}.parts.a.fallback: has nothing to fall back on. Give the part a cache with staleSeconds.`,
    ],
    [
      'a static fallback of a required part',
      withComposition({ parts: { a: part({ required: true, fallback: { kind: 'static', value: {} } }) } }),
      `${page}.parts.a.fallback: never serves: a required part that fails ends the call.`,
    ],
    [
      'a public answer that depends on the caller',
      withComposition({
        parts: { a: part({ path: '/a/{identity.userId}', cache: { seconds: 1, shared: 'public' } }) },
      }),
      `${page}.parts.a.cache: shares with everybody what depends on {identity.userId}.`,
    ],
    [
      'a part that says nothing of what it shows',
      withComposition({ parts: { a: part({ fields: [] }) } }),
      `${page}.parts.a.fields: is empty, so "?fields=" could not be judged.`,
    ],
    [
      'an element without an array',
      withComposition({ parts: { a: part({ path: '/a/{each.id}' }) } }),
      `${page}.parts.a.path: uses {each}, but the part has no "each".`,
    ],
    [
      'a fan-out without bound',
      withComposition({ parts: { a: part({ each: { of: 'parts.b.x', atMost: 21, as: 'x' } }), b: part() } }),
      `${page}.parts.a.each.atMost: is more than 20. One call asks for at most 20 elements.`,
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
      'a variant that leaves out what is required',
      withComposition({ parts: { a: part({ required: true }) }, variants: { web: { without: ['a'] } } }),
      `${page}.variants.web.without: names "a", which is no optional part.`,
    ],
    [
      'a variant that shows what no part does',
      withComposition({ parts: { a: part() }, variants: { web: { fields: ['a.id', 'a.name'] } } }),
      `${page}.variants.web.fields: names "a.name", which no part shows. Use one of a.id.`,
    ],
    [
      'variants that are not there',
      withComposition({ parts: { a: part({ path: '/a?n={variant.n}' }) } }),
      `${page}.variants: are none, but a part uses {variant.n}.`,
    ],
    [
      "an input with the name of the gateway's own",
      withComposition({ inputs: { 'query.fields': { pattern: '.*' } } }),
      `${page}.inputs["query.fields"]: is the gateway's own parameter.`,
    ],
    [
      'a pattern that is none',
      withComposition({ inputs: { 'query.x': { pattern: '(' } } }),
      `${page}.inputs["query.x"].pattern: is not valid. Give a regular expression.`,
    ],
    [
      'an expression that is none',
      withComposition({ parts: { a: part({ path: '/a/{cookie.id}' }) } }),
      `${page}.parts.a.path: is not valid. Between braces write path.NAME,`,
    ],
    [
      'two parts of kind plain',
      withComposition({ kind: 'plain', parts: { a: part(), b: part() } }),
      `${page}.parts: are not one, and kind "plain" answers with one.`,
    ],
    [
      'the edge keeping what the caller is part of',
      withComposition({}, { access: 'anonymous', limit: 'anonymous', cache: { seconds: 5 } }),
      'catalogue.routes["GET /api/page/{id}"].cache: would let the edge keep what the caller is part of.',
    ],
    [
      'a route that is no read',
      withComposition({}, {}, 'POST /api/page/{id}'),
      'catalogue.routes["POST /api/page/{id}"]: answers POST, but its composition is for GET. Make it a GET route.',
    ],
    [
      "a route of another method than its part's",
      withComposition({ kind: 'plain', parts: { a: part({ method: 'PUT' }) } }),
      'catalogue.routes["GET /api/page/{id}"]: answers GET, but its composition is for PUT.',
    ],
    [
      'a composition of no route',
      {
        ...catalogue,
        compositions: { ...compositions, page: withComposition({}).compositions?.['page'] } as Compositions,
      },
      `${page}: is answered by no route.`,
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
      'catalogue.compositions.product: has the name of a service',
    ],
    [
      'a route to a composition that is not there',
      withComposition({}, { composition: 'pgae' }),
      'catalogue.routes["GET /api/page/{id}"].composition: names the composition "pgae", which is not there.',
    ],
    [
      'a route to both',
      withComposition({}, { service: 'product' }),
      'catalogue.routes["GET /api/page/{id}"]: is not valid. Give exactly one of "service" and "composition".',
    ],
    [
      'a route to neither',
      withComposition({}, { composition: undefined }),
      'Give exactly one of "service" and "composition".',
    ],
  ])('with %s is refused by name', (_, input, message) => {
    expect(faultsOf(input)).toContain(message);
  });
});
