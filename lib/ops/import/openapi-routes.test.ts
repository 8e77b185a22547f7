import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue } from '../../config/catalogue/catalogue.ts';
import { loadCatalogue } from '../../config/index.ts';
import { importRoutes } from './openapi-routes.ts';

const schemes = {
  oauth: { type: 'oauth2', flows: {} },
  key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'session' },
  basic: { type: 'http', scheme: 'basic' },
  bearer: { type: 'http', scheme: 'bearer' },
};

const document = (paths: object, more: object = {}) => ({
  openapi: '3.1.0',
  components: { securitySchemes: schemes },
  paths,
  ...more,
});
const imported = (paths: object, more: object = {}) =>
  importRoutes(document(paths, more), 'order', catalogue);
const one = (operation: object, more: object = {}) => {
  const { routes, open } = imported({ '/gifts': { get: operation } }, more);
  return { ...routes[0]?.entry, open: open.join('\n') };
};

describe('access', () => {
  test.each([
    ['an empty list', { security: [] }, 'anonymous', ''],
    ['nothing', {}, 'authenticated', 'GET /gifts: the document states no security.'],
    ['a scope', { security: [{ oauth: ['gifts:read'] }] }, 'gifts:read', ''],
    [
      'a scope with a dot',
      { security: [{ oauth: ['Gifts.Read'] }] },
      'gifts:read',
      'became the permission "gifts:read"',
    ],
    ['a scope of one word', { security: [{ oauth: ['admin'] }] }, 'authenticated', 'cannot be a permission'],
    [
      'two scopes',
      { security: [{ oauth: ['gifts:read', 'gifts:list'] }] },
      'gifts:read',
      'requires gifts:read only',
    ],
    ['an API key', { security: [{ key: [] }] }, 'authenticated', ''],
    ['a bearer token', { security: [{ bearer: [] }] }, 'authenticated', ''],
    [
      'basic authentication',
      { security: [{ basic: [] }] },
      'authenticated',
      'which the gateway does not check',
    ],
    ['a cookie', { security: [{ cookie: [] }] }, 'authenticated', 'which the gateway does not check'],
    ['an optional credential', { security: [{ bearer: [] }, {}] }, 'optional', ''],
    [
      'one of two',
      { security: [{ bearer: [] }, { key: [] }] },
      'authenticated',
      'one of several requirements',
    ],
  ])('of an operation with %s', (_name, operation, access, open) => {
    const found = one(operation);
    expect(found).toMatchObject({
      service: 'order',
      access,
      limit: access === 'anonymous' ? 'anonymous' : 'user',
    });
    expect(found.open).toContain(open);
    expect(found.open === '').toBe(open === '');
  });

  test('is that of the document, unless the operation has its requirements', () => {
    const security = [{ oauth: ['gifts:read'] }];
    expect(one({}, { security })).toMatchObject({ access: 'gifts:read' });
    expect(one({ security: [] }, { security })).toMatchObject({ access: 'anonymous' });
  });
});

test('paths begin with that of the first server, and parameters have names that API Gateway takes', () => {
  const servers = [{ url: 'https://gifts.example/v3/' }];
  const paths = { '/gifts/{gift-id}/notes/{2nd}': { put: {}, head: {}, options: {}, trace: {} } };
  const { routes, open } = imported(paths, { servers });
  expect(routes.map(({ key }) => key)).toEqual(['PUT /v3/gifts/{giftId}/notes/{p2nd}']);
  expect(open.join('\n')).toContain('TRACE /gifts/{gift-id}/notes/{2nd}: left out');
  expect(open.join('\n')).not.toMatch(/HEAD|OPTIONS/);
});

describe('the servers of a document', () => {
  const variables = { stage: { default: 'api' }, version: { default: 'v2' } };
  test.each([
    [[{ url: 'https://{stage}.gifts.example/{version}', variables }], 'GET /v2/gifts', undefined],
    [[{ url: '/v1' }, { url: 'https://gifts.example/v1/' }], 'GET /v1/gifts', undefined],
    [[{ url: '/v1' }, { url: '/v2' }], 'GET /v1/gifts', 'servers: their paths differ.'],
    [[{ url: '/{version}' }], 'GET /gifts', 'servers[0].url: "/{version}" has no path'],
    [[{ url: 5 }], 'GET /gifts', 'servers[0].url: 5 has no path'],
    [[], 'GET /gifts', undefined],
  ])('%j begin the route %s', (servers, key, said) => {
    const { routes, open } = imported({ '/gifts': { get: { security: [] } } }, { servers });
    expect(routes.map((route) => route.key)).toEqual([key]);
    expect(open.map((text) => text.slice(0, said?.length))).toEqual(
      [said].filter((text) => text !== undefined),
    );
  });
});

test('what is not in the document, or not an object, is named', () => {
  const { routes, open } = imported({
    'x-internal': 'an extension',
    '/elsewhere': { $ref: 'other.yaml#/gifts' },
    '/text': 'gifts',
    gifts: { get: {} },
    '/gifts': { get: { $ref: 'https://gifts.example/get' }, put: 'gifts', post: { security: [] } },
  });
  expect(routes.map(({ key }) => key)).toEqual(['POST /gifts']);
  expect(open).toEqual([
    '/elsewhere: left out, because "other.yaml#/gifts" is not in the document. Bundle the document into one file first.',
    '/text: left out, because it is not an object. Correct it.',
    'gifts: left out, because a path begins with "/". Correct it.',
    'GET /gifts: left out, because "https://gifts.example/get" is not in the document. Bundle the document into one file first.',
    'PUT /gifts: left out, because it is not an object. Correct it.',
  ]);
  expect(imported([]).open).toEqual(['paths: left out, because it is not an object. Correct it.']);
});

test('what cannot be a route is left out with its reason, and the rest is kept', () => {
  const { routes, open } = imported({
    '/gifts/{id}.json': { get: {} },
    '/gifts/{a}': { get: {} },
    '/gifts/{b}': { get: {} },
    '/api/orders': { get: {} },
  });
  expect(routes.map(({ key }) => key)).toEqual(['GET /gifts/{a}']);
  expect(open.join('\n')).toContain(
    'GET /gifts/{id}.json: left out, because a parameter must be a whole segment',
  );
  expect(open.join('\n')).toContain(
    'GET /gifts/{b}: left out. catalogue.routes["GET /gifts/{b}"]: collides with',
  );
  expect(open.join('\n')).toContain(
    'GET /api/orders: left out. The catalogue or the document has the route already.',
  );
});

test('an operation says what its route has no default for', () => {
  const { open } = one({
    security: [],
    deprecated: true,
    requestBody: { content: { 'multipart/form-data': {} } },
    responses: { 200: { content: { 'text/event-stream': {} } } },
  });
  expect(open).toContain('is deprecated: give `deprecation` with its dates.');
  expect(open).toContain('set `maxBodyKiB`');
  expect(open).toContain('event stream');
});

test('an unknown service is said once', () => {
  const { routes, open } = importRoutes(
    document({ '/gifts': { get: { security: [] } } }),
    'gifts',
    catalogue,
  );
  expect(routes).toHaveLength(1);
  expect(open).toEqual([expect.stringContaining('The catalogue has no service "gifts"')]);
});

const anyPath = fc
  .array(
    fc.oneof(
      fc.constantFrom('a', 'b', '{id}', '{x-y}', '{1}', 'a.b', '{a}b', ''),
      fc.string({ maxLength: 5 }),
    ),
    {
      maxLength: 4,
    },
  )
  .map((parts) => `/${parts.join('/')}`);
const anyOperation = fc.record(
  {
    security: fc.oneof(
      fc.array(
        fc.dictionary(
          fc.constantFrom('oauth', 'key', 'basic', 'none'),
          fc.array(fc.string(), { maxLength: 2 }),
        ),
        { maxLength: 2 },
      ),
      fc.anything({ maxDepth: 1 }),
    ),
    deprecated: fc.anything({ maxDepth: 0 }),
    requestBody: fc.anything({ maxDepth: 2 }),
    responses: fc.anything({ maxDepth: 2 }),
  },
  { requiredKeys: [] },
);
const anyItem = fc.dictionary(
  fc.constantFrom('get', 'post', 'put', 'delete', 'trace', 'parameters'),
  anyOperation,
  {
    maxKeys: 3,
  },
);

test('whatever a document holds, its routes pass the rules of the catalogue', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(
      fc.dictionary(anyPath, anyItem, { maxKeys: 4 }),
      fc.anything({ maxDepth: 2 }),
      (paths, servers) => {
        const { routes } = imported(paths, { servers });
        const added = Object.fromEntries(routes.map(({ key, entry }) => [key, entry]));
        const all = { ...catalogue, routes: { ...catalogue.routes, ...added } };
        expect(Object.keys(loadCatalogue(all).routes)).toEqual(expect.arrayContaining(Object.keys(added)));
      },
    ),
    { numRuns: 100 },
  );
});
