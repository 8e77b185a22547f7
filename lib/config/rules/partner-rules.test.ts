import { describe, expect, test } from 'vitest';
import { catalogue } from '../catalogue/catalogue.ts';
import { loadConfiguration } from '../index.ts';
import type { CatalogueInput } from '../schemas/catalogue.ts';
import { faultsOf } from '../testing/fixtures.ts';

type PartnerRoutes = NonNullable<CatalogueInput['partnerRoutes']>;
const route: PartnerRoutes[string] = { service: 'product', path: '/api/products/{id}' };
const faults = (partnerRoutes: object) =>
  faultsOf({ ...catalogue, partnerRoutes: partnerRoutes as PartnerRoutes });
const key = 'GET /partner/things/{id}';
const entry = `catalogue.partnerRoutes["${key}"]`;
const body = { type: 'object', properties: {}, required: [], additionalProperties: false } as const;

describe('a route of the partner API', () => {
  test('that nothing is wrong with is taken', () => {
    expect(faults({ [key]: route })).toBe('');
  });

  test.each([
    ['lies elsewhere', { 'GET /api/things': route }, 'METHOD /partner/path/{parameter}'],
    ['is of the stage alone', { 'GET /partner': route }, 'METHOD /partner/path/{parameter}'],
    ['is greedy', { 'GET /partner/{all+}': route }, 'METHOD /partner/path/{parameter}'],
    [
      'names a service that is not there',
      { [key]: { ...route, service: 'x' } },
      `${entry}.service: names "x"`,
    ],
    [
      'names a service that the load balancer does not lead to',
      { [key]: { ...route, service: 'carrier' } },
      'no service behind the load balancer',
    ],
    [
      "has a parameter in the service's path alone",
      { [key]: { ...route, path: '/api/{other}' } },
      `${entry}.path: has the parameter {other}`,
    ],
    [
      'leads to a path that the load balancer would cut',
      { [key]: { ...route, path: '/partner/{id}' } },
      'begins with /partner/',
    ],
    ['waits longer than a REST API', { [key]: { ...route, timeoutSeconds: 30 } }, 'at most 29 seconds'],
    ['has an unknown key', { [key]: { ...route, plan: 'free' } }, `${entry}.plan: is not a known key`],
    ['asks for a body on a read', { [key]: { ...route, body } }, `${entry}.body: asks for a body`],
    [
      'has a schema without a type',
      { [key.replace('GET', 'PUT')]: { ...route, body: {} } },
      'Give a type: "object"',
    ],
    [
      'lets unknown members pass',
      { [key.replace('GET', 'PUT')]: { ...route, body: { ...body, additionalProperties: true } } },
      'additionalProperties: is not an allowed value',
    ],
    [
      'asks for a member that may not be there',
      {
        [key.replace('GET', 'PUT')]: {
          ...route,
          body: {
            ...body,
            properties: { list: { type: 'array', maxItems: 1, items: { ...body, required: ['id'] } } },
          },
        },
      },
      '.body.properties.list.items.required: names "id"',
    ],
    [
      'calls a parameter by another name than its sibling',
      { [key]: route, 'GET /partner/things/{key}/parts': { ...route, path: '/api' } },
      'calls the parameter {key} that another route calls {id}',
    ],
  ])('that %s is refused', (_, routes, fault) => {
    expect(faults(routes)).toContain(fault);
  });

  test('is one of as many paths as a REST API has', () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`GET /partner/p${index}`, { ...route, path: '/api' }]),
    );
    expect(faults(many)).toContain('needs 301 resources of a REST API; AWS allows 300');
  });
});

test('a route of the public API that the edge would lead to the partner API is refused', () => {
  const routes = { ...catalogue.routes, 'GET /partner/x': catalogue.routes['GET /api/products'] };
  expect(faultsOf({ ...catalogue, routes: routes as CatalogueInput['routes'] })).toContain(
    'catalogue.routes["GET /partner/x"]: lies below /partner',
  );
});

test('a plan over what a usage plan holds is refused', () => {
  const plans = { ...catalogue.plans, huge: { requestsPerMonth: 3_000_000_000, bytesPerMonth: null } };
  expect(faultsOf({ ...catalogue, plans })).toContain('catalogue.plans.huge.requestsPerMonth: is 3000000000');
});

test('a key in a plan that is not there is refused', () => {
  const keys = { acme: { plan: 'gold' } };
  expect(() => loadConfiguration('dev', { partner: { keys } })).toThrow(
    'environments/dev.partner.keys.acme.plan: names the plan "gold"',
  );
});
