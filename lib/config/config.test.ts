import { describe, expect, it } from 'vitest';
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

/** Input as a person might write it, with mistakes that the compiler would have caught. */
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

describe('the objectives of an environment', () => {
  it('are those of the shop unless it says otherwise', () => {
    expect(loadConfiguration('prod').environment.objectives).toEqual({
      availabilityPercent: 99.9,
      latency: { percent: 95, withinMs: 500 },
    });
  });

  it('leave room to fail, and to be told of it', () => {
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

/** Also with what the types would refuse: overrides come as JSON. */
const devWith = (entries: object): EnvironmentInput => ({ ...dev, ...entries });

describe('the store', () => {
  it.each(environmentNames)('loads in %s and cannot be changed afterwards', (name) => {
    const { catalogue, environment } = loadConfiguration(name);

    expect(environment.name).toBe(name);
    expect(() => Object.assign(catalogue.routes['GET /api/orders'] ?? {}, { cost: 9 })).toThrow(TypeError);
    expect(() => Object.assign(environment.identity, { issuer: 'x' })).toThrow(TypeError);
  });

  it('has its tiers, its limits and the seven services', () => {
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

  it('takes one limit of a route or several', () => {
    const { routes } = loadCatalogue(
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'inventory'] } }),
    );
    expect(limitNames(routes['GET /api/x'] ?? { limit: [] })).toEqual(['user', 'inventory']);
    expect(limitNames(routes['GET /api/orders'] ?? { limit: [] })).toEqual(['user']);
  });

  it('takes whole entries of an environment from the caller', () => {
    const store = { kind: 'existing', url: 'redis://127.0.0.1:7777' } as const;

    expect(loadConfiguration('local', { limitStore: store }).environment.limitStore).toEqual(store);
  });
});

describe('a faulty catalogue is refused by entry, fault and remedy', () => {
  it.each<[string, CatalogueInput, string]>([
    [
      'an unknown key',
      withRoutes({ 'GET /api/x': { ...order, limt: 'user' } }),
      'catalogue.routes["GET /api/x"].limt: is not a known key. Correct its spelling or remove it.',
    ],
    [
      'an unknown key at the top',
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
      'a service that is not there',
      withRoutes({ 'GET /api/x': { ...order, service: 'odrer' } }),
      'catalogue.routes["GET /api/x"].service: names the service "odrer", which is not there. Use one of product, user, order,',
    ],
    [
      'a limit that is not there',
      withRoutes({ 'GET /api/x': { ...order, limit: 'usr' } }),
      'catalogue.routes["GET /api/x"].limit: names the limit "usr", which is not there. Use one of anonymous, user, inventory, pages, or add it.',
    ],
    [
      'a default plan that is not there',
      { ...storeCatalogue, defaultPlan: 'gold' },
      'catalogue.defaultPlan: names the plan "gold", which is not there. Use one of free, basic, pro, enterprise, or add it.',
    ],
    [
      'a permission with an empty segment',
      withRoutes({ 'GET /api/x': { ...order, access: 'orders::read' } }),
      'catalogue.routes["GET /api/x"].access: is not valid. Write a permission as "resource:action"; no segment may be empty.',
    ],
    [
      'a time-out over what an HTTP API allows',
      withRoutes({ 'GET /api/x': { ...order, timeoutSeconds: 30 } }),
      'catalogue.routes["GET /api/x"].timeoutSeconds: is more than 29. An HTTP API answers within 30 s',
    ],
    [
      'a method that is none',
      withRoutes({ 'FETCH /api/x': order }),
      'catalogue.routes["FETCH /api/x"]: is not a valid name. Write a route as "METHOD /path/{parameter}"',
    ],
    [
      'a greedy segment that is not the last',
      withRoutes({ 'GET /api/{all+}/x': order }),
      'catalogue.routes["GET /api/{all+}/x"]: is not a valid name.',
    ],
    [
      'an anonymous route that counts by user',
      withRoutes({ 'GET /api/x': { ...order, access: 'anonymous' } }),
      'catalogue.routes["GET /api/x"].limit: counts by user, but the route is anonymous.',
    ],
    [
      'a cost that no burst allows',
      withRoutes({ 'GET /api/x': { ...order, cost: 51 } }),
      'catalogue.routes["GET /api/x"].cost: is more than the burst of "user" (50)',
    ],
    [
      'a cost that no burst of several allows',
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'inventory'], cost: 6 } }),
      'catalogue.routes["GET /api/x"].cost: is more than the burst of "inventory" (5)',
    ],
    [
      "a cost that a plan's burst does not allow",
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
      'one of several limits that is not there',
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'usr'] } }),
      'catalogue.routes["GET /api/x"].limit: names the limit "usr", which is not there.',
    ],
    [
      'a limit that is named twice',
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'user'] } }),
      'catalogue.routes["GET /api/x"].limit: names "user" twice. Name each limit once; a call that weighs more has a cost.',
    ],
    [
      'no limit at all',
      withRoutes({ 'GET /api/x': { ...order, limit: [] } }),
      'catalogue.routes["GET /api/x"].limit:',
    ],
    [
      'an anonymous route of which one limit counts by key',
      withEntry(
        'limits',
        { key: { by: 'key', requests: 1, burst: 1 } },
        {
          routes: { 'GET /api/x': { ...order, access: 'anonymous', limit: ['anonymous', 'key'] } },
        },
      ),
      'catalogue.routes["GET /api/x"].limit: counts by key, but the route is anonymous. Use a limit by address, or ask for a token.',
    ],
    [
      "a limit with a name of the plan's",
      withEntry('limits', { month: { by: 'user', requests: 1, burst: 1 } }),
      "catalogue.limits.month: has a name that stands for the plan's limits in the answers' headers. Choose another name than plan, client, month, month-bytes.",
    ],
    [
      'a signature where nobody is asked for one',
      withRoutes({
        'POST /api/x': { ...order, access: 'anonymous', limit: 'anonymous', signature: 'required' },
      }),
      'catalogue.routes["POST /api/x"].signature: is required on a route that looks at no credential.',
    ],
    [
      'a signature that could be repeated while the store is away',
      withRoutes({ 'POST /api/x': { ...order, signature: 'required' } }),
      'catalogue.routes["POST /api/x"].onLimitStoreFailure: would let a signed call be repeated while the store is away. Set it to "closed".',
    ],
    [
      'a function that is none',
      withEntry('services', { invented: { kind: 'function', description: 'Nothing.' } }),
      'catalogue.services.invented: is the name of no function that serves routes. Use one of revocation.',
    ],
    [
      'a cached route that is not public',
      withRoutes({ 'GET /api/x': { ...order, cache: { seconds: 60 } } }),
      'catalogue.routes["GET /api/x"].cache: would hand one caller\'s answer to others. Cache only anonymous GET routes.',
    ],
    [
      'a health check slower than its interval',
      withEntry('services', {
        order: {
          ...storeCatalogue.services['order'],
          healthCheck: { timeoutSeconds: 30, intervalSeconds: 30 },
        },
      }),
      'catalogue.services.order.healthCheck: is not valid. The time-out must be shorter than the interval.',
    ],
  ])('%s', (_, input, message) => {
    expect(faultsOf(() => loadCatalogue(input))).toContain(message);
  });

  it('names every fault at once', () => {
    const faults = faultsOf(() =>
      loadCatalogue(withRoutes({ 'GET /api/x': { ...order, access: 'a:', timeoutSeconds: 0, extra: 1 } })),
    );

    expect(faults.split('\n')).toHaveLength(3);
  });
});

describe('a faulty environment is refused', () => {
  it.each<[string, () => unknown, string]>([
    [
      'one that is not given',
      () => loadConfiguration(undefined),
      'environment: is not given. Give one with -c env=NAME: local, dev, staging, prod.',
    ],
    [
      'one that is not known',
      () => loadConfiguration('production'),
      'environment: "production" is not known. Give one with -c env=NAME',
    ],
    [
      'an external service without its address',
      () => checkConfiguration(loadCatalogue(), { ...dev, externals: {} }),
      'environments/dev.externals.carrier: is missing, and the external service "carrier" needs it.',
    ],
    [
      'an address list that a route needs',
      () => checkConfiguration(loadCatalogue(), { ...dev, addressLists: {} }),
      'environments/dev.addressLists.operators: is missing',
    ],
    [
      'an address range that is none',
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
      'environments/dev.identity.issuer: is not valid. Use https; plain http is for loopback addresses only.',
    ],
    [
      'a client that signs with a secret and names an algorithm of key pairs',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, algorithms: ['RS256'] }] }),
        ),
      'environments/dev.otherIssuers[0].algorithms[0]: is not an allowed value. Use one of: HS256, HS384, HS512.',
    ],
    [
      'a client that signs with a secret and publishes keys too',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, jwksUri: 'https://erp.acme.example/jwks.json' }] }),
        ),
      'environments/dev.otherIssuers[0].jwksUri: is not a known key.',
    ],
    [
      'an issuer of key pairs that allows HMAC',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ identity: { ...dev.identity, algorithms: ['HS256'] } }),
        ),
      'environments/dev.identity.algorithms[0]: is not an allowed value.',
    ],
    [
      'a client that signs with a secret and calls itself what the issuer is called',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, issuer: 'https://login.dev.store.example' }] }),
        ),
      'environments/dev.otherIssuers: has the issuer "https://login.dev.store.example" more than once',
    ],
    [
      'two issuers with the secret of one client',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [partner, { ...partner, issuer: 'other' }] }),
        ),
      'environments/dev.otherIssuers: has the client or name "acme-erp" more than once',
    ],
    [
      'an issuer of the name that a client has',
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
      'an issuer whose callers shall have a plan that does not exist',
      () => checkConfiguration(loadCatalogue(), devWith({ otherIssuers: [{ ...partner, plan: 'gold' }] })),
      'environments/dev.otherIssuers[0].plan: names the plan "gold", which does not exist.',
    ],
    [
      'an issuer that may say what is no permission',
      () =>
        checkConfiguration(
          loadCatalogue(),
          devWith({ otherIssuers: [{ ...partner, permissions: ['orders:**:read'] }] }),
        ),
      'environments/dev.otherIssuers[0].permissions[0]: is not valid. Write a permission such as "orders:read"',
    ],
    [
      'a certificate where CloudFront does not look for it',
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
      'environments/dev.edge.domain.certificateArn: is not valid. Give a certificate of ACM in us-east-1.',
    ],
    [
      'a size for a service that is not run',
      () =>
        checkConfiguration(loadCatalogue(), {
          ...dev,
          services: { ...dev.services, tasksByService: { carrier: { min: 1, max: 2 } } },
        }),
      'environments/dev.services.tasksByService.carrier: sizes a service that the catalogue does not run.',
    ],
    [
      'a range turned round',
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

describe('cache patterns', () => {
  it('are the paths of the cacheable routes, with the version and without, the longest first', () => {
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
