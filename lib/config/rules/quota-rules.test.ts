import { describe, expect, test } from 'vitest';
import { catalogue as storeCatalogue } from '../catalogue/catalogue.ts';
import { apiRouteKeys, type EnvironmentInput, loadCatalogue } from '../index.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import { environmentFaultsOf } from '../testing/fixtures.ts';

type Quotas = NonNullable<EnvironmentInput['quotas']>;

const times = (count: number, entry: (index: number) => [string, object]) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => entry(index)));

const withRoutes = (routes: object): CatalogueInput => ({
  ...storeCatalogue,
  routes: { ...storeCatalogue.routes, ...routes },
});
/** Target groups that the services of the catalogue use: one each, and one for each canary. */
const ofShop = Object.values(storeCatalogue.services).reduce(
  (sum, service) =>
    sum + (service.kind === 'fargate' || service.kind === 'ip' ? 1 : 0) + ('canary' in service ? 1 : 0),
  0,
);

/** The catalogue with further services, whose target groups fill up to `groups`. */
const withServices = (groups: number, more: object = {}): CatalogueInput => ({
  ...storeCatalogue,
  services: {
    ...storeCatalogue.services,
    ...times((groups - ofShop) / (Object.keys(more).length + 1), (index) => [
      `bulk-${index}`,
      { kind: 'fargate', role: 'product', description: 'One of many.', ...more },
    ]),
  } as CatalogueInput['services'],
});

const faultsOf = (input: CatalogueInput, quotas: Quotas = {}) => environmentFaultsOf({ quotas }, input);

describe('quotaFaults', () => {
  const routes = withRoutes(
    times(300, (index) => [
      `GET /api/bulk/${index}`,
      { service: 'order', access: 'orders:read', limit: 'user', head: false },
    ]),
  );
  const caches = withRoutes(
    times(75, (index) => [
      `GET /api/cached/${index}`,
      { service: 'product', access: 'anonymous', limit: 'anonymous', cache: { seconds: 1 } },
    ]),
  );

  test('refuses a catalogue over an adjustable quota and names the setting for a raised one', () => {
    expect(faultsOf(routes)).toMatch(
      /^catalogue\.routes: needs \d+ routes of an HTTP API; AWS allows 300\. .*set environments\/dev\.quotas\.routesPerApi\./,
    );
    expect(faultsOf(withServices(89))).toContain(
      'catalogue.services: needs 101 rules of the load balancer; AWS allows 100.',
    );
    expect(faultsOf(caches)).toMatch(/needs \d+ cache behaviours of a distribution; AWS allows 75\./);
  });

  test('applies a raised quota of the environment', () => {
    expect(faultsOf(routes, { routesPerApi: 500 })).toBe('');
    expect(faultsOf(withServices(89), { rulesPerLoadBalancer: 101 })).toBe('');
    expect(faultsOf(withServices(90), { rulesPerLoadBalancer: 101 })).toContain('AWS allows 101.');
  });

  test('refuses a catalogue over the quota of target groups, which AWS does not raise', () => {
    const raised = { rulesPerLoadBalancer: 500 };
    expect(faultsOf(withServices(100), raised)).toBe('');
    expect(faultsOf(withServices(101), raised)).toBe(
      'catalogue.services: needs 101 target groups of the load balancer; AWS allows 100. ' +
        'Combine services, make some of them external, or use canary or blueGreen for fewer of them.',
    );
    expect(faultsOf(withServices(ofShop + 94, { deployment: { kind: 'blueGreen' } }), raised)).toContain(
      `needs ${ofShop + 94} target groups`,
    );
    expect(faultsOf(withServices(ofShop + 94, { canary: {} }), raised)).toContain(
      `needs ${ofShop + 94} target groups`,
    );
  });

  test('refuses a raised quota below the default', () => {
    expect(faultsOf(storeCatalogue, { routesPerApi: 100 })).toContain(
      'environments/dev.quotas.routesPerApi: is less than 300. Give at least the default quota.',
    );
  });
});

describe('apiRouteKeys', () => {
  test.each([
    ['GET /a', {}, ['GET /a', 'HEAD /a']],
    ['GET /a', { head: false }, ['GET /a']],
    ['POST /a', {}, ['POST /a']],
  ])('%s with %j has the keys %j', (key, more, keys) => {
    const route = { service: 'order', access: 'orders:read', limit: 'user', ...more };
    const entry = loadCatalogue(withRoutes({ [key]: route })).routes[key];
    expect(entry && apiRouteKeys(key, entry)).toEqual(keys);
  });

  test('includes HEAD for every GET of the catalogue', () => {
    const keys = Object.entries(loadCatalogue().routes).flatMap(([key, route]) => apiRouteKeys(key, route));
    const heads = keys.filter((key) => key.startsWith('GET ')).map((key) => key.replace('GET ', 'HEAD '));
    expect(heads.length).toBeGreaterThan(10);
    expect(keys).toEqual(expect.arrayContaining(heads));
  });
});
