import { describe, expect, test } from 'vitest';
import { catalogue } from './catalogue/catalogue.ts';
import { cachePatterns, limitNames, loadCatalogue } from './index.ts';
import type { CatalogueInput } from './schemas/catalogue.ts';
import { faultsOf } from './testing/fixtures.ts';

/** Untyped input with mistakes that the compiler would refuse. */
const serviceNames = Object.keys(catalogue.services).join(', ');
const withEntry = (
  key: keyof CatalogueInput,
  entries: object,
  others: Partial<CatalogueInput> = {},
): CatalogueInput => ({
  ...catalogue,
  ...others,
  [key]: { ...(catalogue[key] as object), ...entries },
});
const withRoutes = (routes: object) => withEntry('routes', routes);
const order = { service: 'order', access: 'orders:read', limit: 'user' } as const;

describe('loadCatalogue refuses a faulty catalogue and names entry, fault and remedy', () => {
  test.each<[string, CatalogueInput, string]>([
    [
      'an unknown key',
      withRoutes({ 'GET /api/x': { ...order, limt: 'user' } }),
      'catalogue.routes["GET /api/x"].limt: is not a known key. Correct its spelling or remove it.',
    ],
    [
      'an unknown top-level key',
      { ...catalogue, plan: {} } as CatalogueInput,
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
      `catalogue.routes["GET /api/x"].service: names the service "odrer", which does not exist. Use one of ${serviceNames},`,
    ],
    [
      'an unknown limit',
      withRoutes({ 'GET /api/x': { ...order, limit: 'usr' } }),
      'catalogue.routes["GET /api/x"].limit: names the limit "usr", which does not exist. Use one of anonymous, user, inventory, pages, or add it.',
    ],
    [
      'an unknown default plan',
      { ...catalogue, defaultPlan: 'gold' },
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
        { free: { ...catalogue.plans['free'], rate: { requests: 1, burst: 1 } } },
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
          ...catalogue.services['order'],
          healthCheck: { timeoutSeconds: 30, intervalSeconds: 30 },
        },
      }),
      'catalogue.services.order.healthCheck: is not valid. The timeout must be shorter than the interval.',
    ],
  ])('%s', (_, input, message) => {
    expect(faultsOf(input)).toContain(message);
  });

  test('reports all faults in one error', () => {
    const faults = faultsOf(
      withRoutes({ 'GET /api/x': { ...order, access: 'a:', timeoutSeconds: 0, extra: 1 } }),
    );

    expect(faults.split('\n')).toHaveLength(3);
  });
});

describe('limitNames', () => {
  test('returns one or several limits of a route', () => {
    const { routes } = loadCatalogue(
      withRoutes({ 'GET /api/x': { ...order, limit: ['user', 'inventory'] } }),
    );
    expect(limitNames(routes['GET /api/x'] ?? { limit: [] })).toEqual(['user', 'inventory']);
    expect(limitNames(routes['GET /api/orders'] ?? { limit: [] })).toEqual(['user']);
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
