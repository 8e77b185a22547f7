import { describe, expect, test } from 'vitest';
import { dev } from './environments/dev.ts';
import { ConfigError, checkConfiguration, loadCatalogue, loadConfiguration } from './index.ts';
import { type EnvironmentInput, environmentNames } from './schemas/environment.ts';

const faultsOf = (load: () => unknown): string => {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return '';
};

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

  test('contains the plans, limits and services of the shop', () => {
    const { services, limits, plans } = loadCatalogue();

    expect(Object.keys(services)).toEqual(
      expect.arrayContaining(
        'product user order inventory payment review recommendation carrier revocation'.split(' '),
      ),
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

  test('accepts overrides of top-level entries', () => {
    const store = { kind: 'existing', url: 'redis://127.0.0.1:7777' } as const;

    expect(loadConfiguration('local', { limitStore: store }).environment.limitStore).toEqual(store);
  });
});

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
