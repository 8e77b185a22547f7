import { describe, expect, test } from 'vitest';
import { catalogue as storeCatalogue } from './catalogue/catalogue.ts';
import { dev } from './environments/dev.ts';
import {
  ConfigError,
  cachePatterns,
  checkConfiguration,
  limitNames,
  loadCatalogue,
  loadConfiguration,
} from './index.ts';
import type { CatalogueInput } from './schemas/catalogue.ts';
import { type EnvironmentInput, environmentNames } from './schemas/environment.ts';

/** Untyped input with mistakes that the compiler would refuse. */
const withEntry = (
  key: keyof CatalogueInput,
  entries: object,
  others: Partial<CatalogueInput> = {},
): CatalogueInput => ({
  ...storeCatalogue,
  ...others,
  [key]: { ...(storeCatalogue[key] as object), ...entries },
});
const withRoutes = (routes: object) => withEntry('routes', routes);
const order = { service: 'order', access: 'orders:read', limit: 'user' } as const;

const faultsOf = (load: () => unknown): string => {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

describe('objectives of an environment', () => {
  test('default to those of the shop', () => {
    expect(loadConfiguration('prod').environment.objectives).toEqual({
      availabilityPercent: 99.9,
      latency: { percent: 95, withinMs: 500 },
    });
  });

  test('must leave an error budget, and one whose burn rate an alarm can detect', () => {
    const faults = (objectives: object) => faultsOf(() => loadConfiguration('dev', { objectives }));
    expect(faults({ availabilityPercent: 100 })).toContain('Give less than 100 percent');
    expect(faults({ latency: { percent: 90 } })).toContain('Give at least 94 percent');
  });
});

const partner = {
  kind: 'hmac',
  issuer: 'acme-erp',
  clientId: 'acme-erp',
  audience: 'store-api',
  algorithms: ['HS256'],
};

/** Accepts entries that the types would refuse, since overrides come as JSON. */
const devWith = (entries: object): EnvironmentInput => ({ ...dev, ...entries });

describe('loadConfiguration', () => {
  test.each(environmentNames)('loads %s and freezes it', (name) => {
    const { catalogue, environment } = loadConfiguration(name);

    expect(environment.name).toBe(name);
    expect(() => Object.assign(catalogue.routes['GET /api/orders'] ?? {}, { cost: 9 })).toThrow(TypeError);
    expect(() => Object.assign(environment.identity, { issuer: 'x' })).toThrow(TypeError);
  });

  test('contains the plans, limits and seven services of the shop', () => {
    const { services, limits, plans } = loadCatalogue();

    expect(Object.keys(services).join(' ')).toBe(
      'product user order inventory payment review recommendation carrier revocation',
    );
    const minutely = { periodSeconds: 60, shadow: false };
    expect(limits['anonymous']).toEqual({ ...minutely, by: 'address', requests: 50, burst: 10 });
    expect(limits['user']).toEqual({ ...minutely, by: 'user', requests: 1000, burst: 50 });
    expect(limits['inventory']).toEqual({ ...minutely, by: 'user', requests: 100, burst: 5 });
    expect(plans['free']).toEqual({
      requestsPerMonth: 10_000,
      bytesPerMonth: 1_000_000_000,
      rate: { requests: 600, periodSeconds: 60, burst: 60 },
    });
    expect(plans['enterprise']).toMatchObject({ requestsPerMonth: null, bytesPerMonth: null });
  });

  test('accepts one or several limits of a route', () => {
    const { routes } = loadCatalogue(
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'inventory'] } }),
    );
    expect(limitNames(routes['GET /api/x'] ?? { limit: [] })).toEqual(['user', 'inventory']);
    expect(limitNames(routes['GET /api/orders'] ?? { limit: [] })).toEqual(['user']);
  });

  test('accepts overrides of top-level entries', () => {
    const store = { kind: 'existing', url: 'redis://127.0.0.1:7777' } as const;

    expect(loadConfiguration('local', { limitStore: store }).environment.limitStore).toEqual(store);
  });
});

describe('loadCatalogue refuses a faulty catalogue and names entry, fault and remedy', () => {
  test.each<[string, CatalogueInput, string]>([
    [
      'an unknown key',
      withRoutes({ 'GET /api/x': { ...order, limt: 'user' } }),
      'catalogue.routes["GET /api/x"].limt: is not a known key. Correct its spelling or remove it.',
    ],
    [
      'an unknown top-level key',
      { ...storeCatalogue, plan: {} } as CatalogueInput,
      'catalogue.plan: is not a known key. Correct its spelling or remove it.',
    ],
    [
      'two routes that differ only in the name of a parameter',
      withRoutes({ 'GET /api/orders/{key}': order }),
      'catalogue.routes["GET /api/orders/{key}"]: collides with catalogue.routes["GET /api/orders/{id}"]. Remove one of them or change its path.',
    ],
    [
      'a route on the health path',
      withRoutes({ 'GET /health': order }),
      'catalogue.routes["GET /health"]: collides with the health path.',
    ],
    [
      'an unknown service',
      withRoutes({ 'GET /api/x': { ...order, service: 'odrer' } }),
      'catalogue.routes["GET /api/x"].service: names the service "odrer", which does not exist. Use one of product, user, order,',
    ],
    [
      'an unknown limit',
      withRoutes({ 'GET /api/x': { ...order, limit: 'usr' } }),
      'catalogue.routes["GET /api/x"].limit: names the limit "usr", which does not exist. Use one of anonymous, user, inventory, pages, or add it.',
    ],
    [
      'an unknown default plan',
      { ...storeCatalogue, defaultPlan: 'gold' },
      'catalogue.defaultPlan: names the plan "gold", which does not exist. Use one of free, basic, pro, enterprise, or add it.',
    ],
    [
      'a permission with an empty segment',
      withRoutes({ 'GET /api/x': { ...order, access: 'orders::read' } }),
      'catalogue.routes["GET /api/x"].access: is not valid. Write a permission as "resource:action" without empty segments.',
    ],
    [
      'a timeout above the maximum of an HTTP API',
      withRoutes({ 'GET /api/x': { ...order, timeoutSeconds: 30 } }),
      'catalogue.routes["GET /api/x"].timeoutSeconds: is more than 29. An HTTP API answers within 30 s',
    ],
    [
      'an unknown method',
      withRoutes({ 'FETCH /api/x': order }),
      'catalogue.routes["FETCH /api/x"]: is not a valid name. Write a route as "METHOD /path/{parameter}"',
    ],
    [
      'a greedy segment before the last one',
      withRoutes({ 'GET /api/{all+}/x': order }),
      'catalogue.routes["GET /api/{all+}/x"]: is not a valid name.',
    ],
    [
      'an anonymous route that counts by user',
      withRoutes({ 'GET /api/x': { ...order, access: 'anonymous' } }),
      'catalogue.routes["GET /api/x"].limit: counts by user, but the route is anonymous.',
    ],
    [
      'a cost above the burst of the limit',
      withRoutes({ 'GET /api/x': { ...order, cost: 51 } }),
      'catalogue.routes["GET /api/x"].cost: is more than the burst of "user" (50)',
    ],
    [
      'a cost above the burst of one of several limits',
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'inventory'], cost: 6 } }),
      'catalogue.routes["GET /api/x"].cost: is more than the burst of "inventory" (5)',
    ],
    [
      'a cost above the burst of a plan',
      withEntry(
        'plans',
        { free: { ...storeCatalogue.plans['free'], rate: { requests: 1, burst: 1 } } },
        {
          routes: { 'GET /api/x': { ...order, cost: 2 } },
        },
      ),
      'catalogue.routes["GET /api/x"].cost: is more than the burst of the plan "free" (1), so every call would be refused. Lower the cost or raise the burst.',
    ],
    [
      'an unknown limit among several',
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'usr'] } }),
      'catalogue.routes["GET /api/x"].limit: names the limit "usr", which does not exist.',
    ],
    [
      'a limit that is named twice',
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'user'] } }),
      'catalogue.routes["GET /api/x"].limit: names "user" twice. Name each limit once; to charge a call more, set cost.',
    ],
    [
      'an empty list of limits',
      withRoutes({ 'GET /api/x': { ...order, limit: [] } }),
      'catalogue.routes["GET /api/x"].limit:',
    ],
    [
      'an anonymous route with one limit that counts by key',
      withEntry(
        'limits',
        { key: { by: 'key', requests: 1, burst: 1 } },
        {
          routes: { 'GET /api/x': { ...order, access: 'anonymous', limit: ['anonymous', 'key'] } },
        },
      ),
      'catalogue.routes["GET /api/x"].limit: counts by key, but the route is anonymous. Use a limit by address, or require a token.',
    ],
    [
      'a limit with the name of a built-in limit',
      withEntry('limits', { month: { by: 'user', requests: 1, burst: 1 } }),
      'catalogue.limits.month: has the name of a built-in limit in the answer headers. Choose a name other than plan, client, month, month-bytes.',
    ],
    [
      'a signature on an anonymous route',
      withRoutes({
        'POST /api/x': { ...order, access: 'anonymous', limit: 'anonymous', signature: 'required' },
      }),
      'catalogue.routes["POST /api/x"].signature: is required on an anonymous route, which ignores credentials.',
    ],
    [
      'a signature that could be replayed while the limit store is unavailable',
      withRoutes({ 'POST /api/x': { ...order, signature: 'required' } }),
      'catalogue.routes["POST /api/x"].onLimitStoreFailure: would accept a repeated signed request while the limit store is unavailable. Set it to "closed".',
    ],
    [
      'an unknown function',
      withEntry('services', { invented: { kind: 'function', description: 'Nothing.' } }),
      'catalogue.services.invented: is not the name of a function that serves routes. Use one of revocation.',
    ],
    [
      'a cached route that is not public',
      withRoutes({ 'GET /api/x': { ...order, cache: { seconds: 60 } } }),
      'catalogue.routes["GET /api/x"].cache: would share one caller\'s private response with others. Cache only anonymous GET routes.',
    ],
    [
      'a health check slower than its interval',
      withEntry('services', {
        order: {
          ...storeCatalogue.services['order'],
          healthCheck: { timeoutSeconds: 30, intervalSeconds: 30 },
        },
      }),
      'catalogue.services.order.healthCheck: is not valid. The timeout must be shorter than the interval.',
    ],
  ])('%s', (_, input, message) => {
    expect(faultsOf(() => loadCatalogue(input))).toContain(message);
  });

  test('reports all faults in one error', () => {
    const faults = faultsOf(() =>
      loadCatalogue(withRoutes({ 'GET /api/x': { ...order, access: 'a:', timeoutSeconds: 0, extra: 1 } })),
    );

    expect(faults.split('\n')).toHaveLength(3);
  });
});

describe('loadConfiguration refuses a faulty environment', () => {
  test.each<[string, () => unknown, string]>([
    [
      'a missing name',
      () => loadConfiguration(undefined),
      'environment: is missing. Give one with -c env=NAME: local, dev, staging, prod.',
    ],
    [
      'an unknown name',
      () => loadConfiguration('production'),
      'environment: "production" does not exist. Give one with -c env=NAME',
    ],
    [
      'an external service without URL',
      () => checkConfiguration(loadCatalogue(), { ...dev, externals: {} }),
      'environments/dev.externals.carrier: is missing, but the external service "carrier" needs it.',
    ],
    [
      'a missing address list that a route uses',
      () => checkConfiguration(loadCatalogue(), { ...dev, addressLists: {} }),
      'environments/dev.addressLists.operators: is missing',
    ],
    [
      'an invalid address range',
      () => checkConfiguration(loadCatalogue(), { ...dev, addressLists: { operators: ['10.0.0.300/8'] } }),
      'environments/dev.addressLists.operators[0]: is not valid. Give an address range such as 203.0.113.0/24.',
    ],
    [
      'an issuer without TLS',
      () =>
        checkConfiguration(loadCatalogue(), {
          ...dev,
          identity: {
            kind: 'oidc',
            issuer: 'http://login.example',
            jwksUri: 'https://login.example/jwks.json',
            audience: 'store-api',
            algorithms: ['RS256'],
          },
        }),
      'environments/dev.identity.issuer: is not valid. Use https; plain http is allowed for loopback addresses only.',
    ],
    [
      'a client with a shared secret and an asymmetric algorithm',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, algorithms: ['RS256'] }] }),
        ),
      'environments/dev.otherIssuers[0].algorithms[0]: is not an allowed value. Use one of: HS256, HS384, HS512.',
    ],
    [
      'a client with a shared secret and a key set',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, jwksUri: 'https://erp.acme.example/jwks.json' }] }),
        ),
      'environments/dev.otherIssuers[0].jwksUri: is not a known key.',
    ],
    [
      'an OpenID Connect issuer that allows HMAC',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ identity: { ...dev.identity, algorithms: ['HS256'] } }),
        ),
      'environments/dev.identity.algorithms[0]: is not an allowed value.',
    ],
    [
      'a client whose issuer equals that of the main issuer',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, issuer: 'https://login.dev.store.example' }] }),
        ),
      'environments/dev.otherIssuers: has the issuer "https://login.dev.store.example" more than once',
    ],
    [
      'two issuers with the same client id',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [partner, { ...partner, issuer: 'other' }] }),
        ),
      'environments/dev.otherIssuers: has the client or name "acme-erp" more than once',
    ],
    [
      'an issuer with the name of a client',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({
            otherIssuers: [
              partner,
              {
                kind: 'oidc',
                name: 'acme-erp',
                issuer: 'https://id.acme.example',
                jwksUri: 'https://id.acme.example/jwks.json',
                audience: 'store-api',
                algorithms: ['RS256'],
              },
            ],
          }),
        ),
      'environments/dev.otherIssuers: has the client or name "acme-erp" more than once',
    ],
    [
      'an issuer with an unknown plan',
      () => checkConfiguration(loadCatalogue(), devWith({ otherIssuers: [{ ...partner, plan: 'gold' }] })),
      'environments/dev.otherIssuers[0].plan: names the plan "gold", which does not exist.',
    ],
    [
      'an issuer with an invalid permission',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, permissions: ['orders:**:read'] }] }),
        ),
      'environments/dev.otherIssuers[0].permissions[0]: is not valid. Write a permission such as "orders:read"',
    ],
    [
      'an edge certificate outside us-east-1',
      () =>
        checkConfiguration(loadCatalogue(), {
          ...dev,
          edge: {
            ...dev.edge,
            domain: {
              name: 'api.store.example',
              certificateArn: 'arn:aws:acm:eu-west-1:111122223333:certificate/abc',
            },
          },
        }),
      'environments/dev.edge.domain.certificateArn: is not valid. Give the ARN of an ACM certificate in us-east-1.',
    ],
    [
      'a task range of a service that is not of kind fargate',
      () =>
        checkConfiguration(loadCatalogue(), {
          ...dev,
          services: { ...dev.services, tasksByService: { carrier: { min: 1, max: 2 } } },
        }),
      'environments/dev.services.tasksByService.carrier: sizes a service that is not of kind "fargate" in the catalogue.',
    ],
    [
      'a range whose min exceeds its max',
      () =>
        checkConfiguration(loadCatalogue(), {
          ...dev,
          services: { ...dev.services, tasks: { min: 3, max: 2 } },
        }),
      'environments/dev.services.tasks: is not valid. min must not exceed max. Swap them.',
    ],
  ])('%s', (_, load, message) => {
    expect(faultsOf(load)).toContain(message);
  });
});

describe('cachePatterns', () => {
  test('returns the paths of cacheable routes with and without version, longest first', () => {
    expect(cachePatterns(loadCatalogue())).toEqual([
      '/api/products/*/recommendations',
      '/api/products/*/reviews',
      '/api/products/*',
      '/v1/products/*',
      '/v2/products/*',
      '/api/products',
      '/products/*',
    ]);
  });
});
