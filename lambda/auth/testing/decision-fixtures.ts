import { createOriginSecrets } from '../../../runtime/aws/origin-secret.ts';
import { RefreshedValue } from '../../../runtime/concurrency/refreshed-value.ts';
import { createInMemoryLimitStore, MemoryEntries } from '../../../runtime/limit-store/in-memory-entries.ts';
import { createKeySets } from '../../../runtime/tokens/key-sets.ts';
import { issuers, type TestIssuer } from '../../../runtime/tokens/testing/test-issuers.ts';
import { createTokenVerifier } from '../../../runtime/tokens/token-verifier.ts';
import type { Policy, RoutePolicy } from '../contract.ts';
import type { Ports } from '../decision/ports.ts';
import { preparePolicy } from '../decision/prepared-policy.ts';
import type { ClientDirectory, Credential } from '../identity/client-directory.ts';
import { cacheVerifiedTokens } from '../identity/verified-tokens.ts';
import type { PolicyUpdates } from '../policy/policy-source.ts';

/** Fixtures of the decision's tests and benchmark: a policy, an issuer and the ports. */

export const originSecret = 'between edge and origin';
/** The pepper of API keys' hashes. */
export const pepper = 'kept elsewhere';

const route = (part: Partial<RoutePolicy>): RoutePolicy => ({
  service: 'order',
  access: { kind: 'authenticated' },
  signature: false,
  limits: ['user'],
  cost: 1,
  onLimitStoreFailure: 'open',
  cacheControl: 'private, no-store',
  addresses: null,
  rewrite: null,
  variants: [],
  ...part,
});

export const policy: Policy = {
  version: 'catalogue-0123456789ab',
  environment: 'test',
  expectedInstances: 1,
  issuers,
  limits: {
    anonymous: { by: 'address', requests: 50, periodSeconds: 60, burst: 10, shadow: false },
    user: { by: 'user', requests: 1_000, periodSeconds: 60, burst: 50, shadow: false },
    inventory: { by: 'user', requests: 100, periodSeconds: 60, burst: 5, shadow: false },
  },
  plans: {
    free: { requestsPerMonth: 10_000, bytesPerMonth: 1_000_000_000 },
    tiny: { requestsPerMonth: 2, bytesPerMonth: null },
    enterprise: { requestsPerMonth: null, bytesPerMonth: null },
  },
  defaultPlan: 'free',
  routes: {
    'GET /api/products': route({
      service: 'product',
      access: { kind: 'anonymous' },
      limits: ['anonymous'],
      cacheControl: 'public, max-age=60',
    }),
    'GET /api/profile': route({ service: 'user' }),
    'GET /api/product-details/{id}': route({ service: 'product-page', access: { kind: 'optional' } }),
    'GET /api/orders': route({ access: { kind: 'permission', permission: 'orders:read' } }),
    'POST /api/inventory': route({
      service: 'inventory',
      access: { kind: 'permission', permission: 'inventory:write' },
      limits: ['inventory'],
      onLimitStoreFailure: 'closed',
    }),
    'POST /api/deliveries': route({
      service: 'inventory',
      access: { kind: 'permission', permission: 'inventory:deliver' },
      signature: true,
      onLimitStoreFailure: 'closed',
    }),
    'GET /api/admin': route({ addresses: ['192.0.2.0/24', '2001:db8::/32'] }),
    'GET /api/export': route({ limits: ['inventory'], cost: 6 }),
  },
  otherRoutes: ['GET /health', 'HEAD /health', 'POST /api/webhook'],
};

/** A directory of the given credentials, or an unavailable one. */
export function createDirectory(...credentials: readonly Credential[]): ClientDirectory {
  return {
    find: async (keyId) => {
      const credential = credentials.find((candidate) => candidate.keyId === keyId);
      return credential === undefined ? { kind: 'unknown' } : { kind: 'found', credential };
    },
  };
}

/** The real ports, in memory: only the network is faked. */
export function createPorts(issuer: TestIssuer, now: () => number, part: Partial<Ports> = {}): Ports {
  const secrets = new RefreshedValue(
    () => Promise.resolve([originSecret]),
    { freshMilliseconds: 60_000, staleMilliseconds: 600_000, cooldownMilliseconds: 5_000 },
    () => undefined,
  );
  const keySets = createKeySets({ fetch: issuer.fetch, onFailure: () => undefined });
  return {
    originSecrets: createOriginSecrets(secrets),
    tokens: cacheVerifiedTokens(createTokenVerifier(keySets), 1_000),
    directory: createDirectory(),
    peppers: new RefreshedValue(
      () => Promise.resolve([pepper]),
      { freshMilliseconds: 60_000, staleMilliseconds: 600_000, cooldownMilliseconds: 5_000 },
      () => undefined,
    ),
    limitStore: createInMemoryLimitStore(now, new MemoryEntries(10_000)),
    localLimitStore: createInMemoryLimitStore(now, new MemoryEntries(10_000)),
    usage: { settle: async () => undefined },
    random: () => 0,
    ...part,
  };
}

/** A constant policy. */
export function fixedPolicy(bundled: Policy): PolicyUpdates {
  const prepared = preparePolicy(bundled);
  return {
    current: () => prepared,
    takeHealth: () => ({ refused: 0, failedPolls: 0, ageSeconds: undefined }),
  };
}

/** A REQUEST authorizer's event of payload format 2.0, with the fields that are read. */
export function eventOf(routeKey: string, headers: Readonly<Record<string, string>> = {}) {
  return {
    version: '2.0',
    type: 'REQUEST',
    routeKey,
    headers: { 'x-gw-origin-secret': originSecret, 'x-gw-viewer-address': '192.0.2.7', ...headers },
    requestContext: { http: { method: routeKey.split(' ')[0], sourceIp: '130.176.0.1' } },
  };
}
