import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyRuntimePolicy } from './empty-runtime-policy.ts';
import { findReferenceFaults } from './policy-references.ts';
import {
  describeFaults,
  type ParsedRuntimePolicy,
  parseRuntimePolicy,
  readRuntimePolicy,
} from './runtime-policy.ts';

const full = {
  schema: 1,
  version: '2026-11-20.1',
  plans: {
    free: { requestsPerMonth: 5, bytesPerMonth: null, rate: { requests: 10, periodSeconds: 1, burst: 3 } },
  },
  clients: { 'web shop': { plan: 'free', expiresAt: '2026-12-01T00:00:00Z', reason: 'Sale' } },
  grants: [{ clientId: 'web', requests: 5_000, until: '2026-12-01T00:00:00Z', reason: 'Sale' }],
  cohorts: { order: { percent: 0.5, salt: 'a', users: ['ada'], header: 'x-try', cookie: 'try' } },
  addresses: {
    block: [
      { range: '192.0.2.0/24', until: '2026-12-01T00:00:00Z', reason: 'Scraping' },
      { range: '2001:db8::/32' },
    ],
    allow: [{ range: '192.0.2.7/32' }],
  },
  maintenance: { retryAfterSeconds: 60, reason: 'Move of the data base' },
  routes: { 'GET /api/orders/{id}': { enabled: false, reason: 'Fault in it' } },
  shadow: ['user'],
};
const rate = { requests: 1, periodSeconds: 1, burst: 1 };

function faultsOf(parsed: ParsedRuntimePolicy): string[] {
  return parsed.kind === 'valid' ? [] : describeFaults(parsed.faults).split('\n');
}

test('reads a whole document unchanged', () => {
  expect(parseRuntimePolicy(full)).toEqual({ kind: 'valid', policy: full });
});

test('reads address ranges without a time and a reason, as earlier documents have them', () => {
  const addresses = { block: ['192.0.2.0/24'], allow: ['192.0.2.7/32'] };
  expect(parseRuntimePolicy({ ...full, addresses })).toMatchObject({
    policy: { addresses: { block: [{ range: '192.0.2.0/24' }], allow: [{ range: '192.0.2.7/32' }] } },
  });
});

test('reads sections that are left out as empty', () => {
  expect(readRuntimePolicy('{"schema":1,"version":"none"}')).toEqual({
    kind: 'valid',
    policy: emptyRuntimePolicy,
  });
});

test.each<[string, object, string]>([
  ['another schema', { schema: 2 }, 'schema: is not valid. Give 1, the only supported schema.'],
  ['an unknown section', { plan: {} }, 'plan: is not known. Correct its spelling or remove it.'],
  [
    'an unknown key',
    { plans: { free: { ...full.plans.free, requests: 1 } } },
    'plans.free.requests: is not known. Correct its spelling or remove it.',
  ],
  [
    'a quota of zero',
    { plans: { free: { requestsPerMonth: 0, bytesPerMonth: null } } },
    'plans.free.requestsPerMonth: is not valid. Give a whole number of at least 1.',
  ],
  [
    'a plan without its bytes',
    { plans: { free: { requestsPerMonth: 1 } } },
    'plans.free.bytesPerMonth: is missing. Give a whole number of at least 1.',
  ],
  [
    'an invalid name',
    { shadow: ['User'] },
    'shadow[0]: is not valid. Write a name of lower-case letters, digits and hyphens, at most 24 characters.',
  ],
  [
    'an entry with an invalid name',
    { cohorts: { 'order!': full.cohorts.order } },
    'cohorts["order!"]: is not a valid name. Write a name of lower-case letters, digits and hyphens, at most 24 ' +
      'characters.',
  ],
  [
    'a rate without a burst',
    { clients: { 'a b': { reason: 'x', rate: { ...rate, burst: undefined } } } },
    'clients["a b"].rate.burst: is missing. Give a whole number of at least 1.',
  ],
  [
    'an override without a reason',
    { clients: { web: { suspended: true } } },
    'clients.web.reason: is missing. Give the reason in one line of at most 256 characters.',
  ],
  [
    'a time in words',
    { grants: [{ ...full.grants[0], until: 'next week' }] },
    'grants[0].until: is not valid. Give an instant in UTC, such as "2026-12-01T00:00:00Z".',
  ],
  [
    'a percentage above 100',
    { cohorts: { order: { percent: 101, salt: 'a' } } },
    'cohorts.order.percent: is not valid. Give a percentage from 0 to 100.',
  ],
  [
    'a reserved header of the gateway',
    { cohorts: { order: { percent: 1, salt: 'a', header: 'x-gw-cohort' } } },
    'cohorts.order.header: is not valid. Write a name in lower case without the gateway\'s prefixes ("x-gw-", ' +
      '"x-user-", "x-client-", "x-plan").',
  ],
  [
    'an address that is not a range',
    { addresses: { block: ['192.0.2.7'] } },
    'addresses.block[0]: is not valid. Write a range in CIDR notation, such as "192.0.2.0/24"; IPv4 as IPv4, not ' +
      'mapped into IPv6.',
  ],
  [
    'IPv4 mapped into IPv6',
    { addresses: { allow: ['::ffff:c000:200/120'] } },
    'addresses.allow[0]: is not valid. Write a range in CIDR notation, such as "192.0.2.0/24"; IPv4 as IPv4, not ' +
      'mapped into IPv6.',
  ],
  [
    'maintenance without an end',
    { maintenance: { reason: 'x' } },
    'maintenance.retryAfterSeconds: is missing. Give from 1 to 86400 seconds.',
  ],
  [
    'an invalid route',
    { routes: { '/api': { enabled: true, reason: 'x' } } },
    'routes["/api"]: is not a valid name. Write a route as the catalogue does: "METHOD /path/{parameter}".',
  ],
  [
    'a section of another type',
    { clients: [] },
    'clients: is of the wrong type. Give an object of entries by name.',
  ],
])('refuses %s with its path and the remedy', (_, part, fault) => {
  expect(faultsOf(parseRuntimePolicy({ ...full, ...part }))).toEqual([fault]);
});

test('reports all faults at once', () => {
  const faults = faultsOf(parseRuntimePolicy({ ...full, version: '', shadow: ['A', 'B'] }));
  expect(faults.map((fault) => fault.split(':')[0])).toEqual(['version', 'shadow[0]', 'shadow[1]']);
});

test.each(['', '{', '[]', 'null', '3'])('refuses the text %j as a whole', (text) => {
  expect(faultsOf(readRuntimePolicy(text))).toEqual([expect.stringMatching(/^document: is .*\.$/)]);
});

test('neither throws on an arbitrary value nor accepts it', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), fc.jsonValue()), (value) => {
      const parsed = parseRuntimePolicy(value);
      expect(parsed.kind).toBe('invalid');
      expect(faultsOf(parsed)).not.toEqual([]);
    }),
  );
});

test('reports unknown names as faults of reference, not of shape', () => {
  const names = {
    plans: ['free', 'gold'],
    canaryServices: ['order'],
    routes: ['GET /api/orders/{id}'],
    limits: ['user'],
  };
  const parsed = parseRuntimePolicy({
    ...full,
    plans: { gold: full.plans.free },
    clients: {
      a: { plan: 'gold', reason: 'x' },
      b: { plan: 'free', reason: 'x' },
      c: { plan: 'silver', reason: 'x' },
      d: { reason: 'x' },
    },
    cohorts: { order: full.cohorts.order, orders: full.cohorts.order },
    routes: { 'GET /api/orders': { enabled: false, reason: 'x' } },
    shadow: ['user', 'users'],
  });
  if (parsed.kind === 'invalid') throw new Error(describeFaults(parsed.faults));
  expect(describeFaults(findReferenceFaults(parsed.policy, names)).split('\n')).toEqual([
    // "gold" is listed once, whether the catalogue, the document or both have it.
    'clients.c.plan: names the plan "silver", which does not exist. Use one of: free, gold.',
    'cohorts.orders: names the canary of "orders", which does not exist. Use one of: order.',
    'routes["GET /api/orders"]: names the route "GET /api/orders", which does not exist. Use one of: GET /api/orders/{id}.',
    'shadow[1]: names the limit "users", which does not exist. Use one of: user.',
  ]);
});
