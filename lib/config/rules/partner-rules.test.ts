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

describe('routes of the partner API', () => {
  test('a valid route is accepted', () => {
    expect(faults({ [key]: route })).toBe('');
  });

  test.each([
    ['whose path is not below /partner', { 'GET /api/things': route }, 'METHOD /partner/path/{parameter}'],
    ['whose path is the stage alone', { 'GET /partner': route }, 'METHOD /partner/path/{parameter}'],
    ['with a greedy parameter', { 'GET /partner/{all+}': route }, 'METHOD /partner/path/{parameter}'],
    ['with an unknown service', { [key]: { ...route, service: 'x' } }, `${entry}.service: names "x"`],
    [
      'with a service that is not behind the load balancer',
      { [key]: { ...route, service: 'carrier' } },
      'is not a service behind the load balancer',
    ],
    [
      'with a parameter in the service path alone',
      { [key]: { ...route, path: '/api/{other}' } },
      `${entry}.path: has the parameter {other}`,
    ],
    [
      'whose service path begins with /partner/',
      { [key]: { ...route, path: '/partner/{id}' } },
      'begins with /partner/',
    ],
    [
      'with a timeout above the maximum of a REST API',
      { [key]: { ...route, timeoutSeconds: 30 } },
      'at most 29 seconds',
    ],
    ['with an unknown key', { [key]: { ...route, plan: 'free' } }, `${entry}.plan: is not a known key`],
    ['with a body on a GET', { [key]: { ...route, body } }, `${entry}.body: requires a body`],
    [
      'with a schema without type',
      { [key.replace('GET', 'PUT')]: { ...route, body: {} } },
      'Give a type: "object"',
    ],
    [
      'whose schema allows unknown members',
      { [key.replace('GET', 'PUT')]: { ...route, body: { ...body, additionalProperties: true } } },
      'additionalProperties: is not an allowed value',
    ],
    [
      'whose schema requires an undeclared member',
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
      'whose parameter has another name than that of a sibling',
      { [key]: route, 'GET /partner/things/{key}/parts': { ...route, path: '/api' } },
      'calls the parameter {key} that another route calls {id}',
    ],
  ])('refuses a route %s', (_, routes, fault) => {
    expect(faults(routes)).toContain(fault);
  });

  test('refuses more paths than a REST API supports', () => {
    const many = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`GET /partner/p${index}`, { ...route, path: '/api' }]),
    );
    expect(faults(many)).toContain('needs 301 resources of a REST API; AWS allows 300');
  });
});

test('refuses a route of the public API that the edge would send to the partner API', () => {
  const routes = { ...catalogue.routes, 'GET /partner/x': catalogue.routes['GET /api/products'] };
  expect(faultsOf({ ...catalogue, routes: routes as CatalogueInput['routes'] })).toContain(
    'catalogue.routes["GET /partner/x"]: is below /partner',
  );
});

test('refuses a plan above the maximum of a usage plan', () => {
  const plans = { ...catalogue.plans, huge: { requestsPerMonth: 3_000_000_000, bytesPerMonth: null } };
  expect(faultsOf({ ...catalogue, plans })).toContain('catalogue.plans.huge.requestsPerMonth: is 3000000000');
});

test('refuses an API key with an unknown plan', () => {
  const keys = { acme: { plan: 'gold' } };
  expect(() => loadConfiguration('dev', { partner: { keys } })).toThrow(
    'environments/dev.partner.keys.acme.plan: names the plan "gold"',
  );
});
