import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { Refreshed } from '../shared/refreshed.ts';
import { createMemoryStore, MemoryEntries } from '../shared/store/memory-store.ts';
import type { Policy, RoutePolicy, SigningAlgorithm } from './contract.ts';
import { createKeySets } from './key-sets.ts';
import { createOriginSecrets } from './origin-secret.ts';
import type { Ports } from './ports.ts';
import { createTokenVerifier } from './token-verifier.ts';
import { rememberVerified } from './verified-tokens.ts';

/** What the tests and the benchmark of the decision share: a policy, an issuer and the ports around them. */

/** 2026-11-20T12:00:00Z in milliseconds. */
export const noon = Date.UTC(2026, 10, 20, 12);
export const originSecret = 'between edge and origin';

const route = (part: Partial<RoutePolicy>): RoutePolicy => ({
  service: 'order',
  access: { kind: 'authenticated' },
  limit: 'user',
  cost: 1,
  onStoreFailure: 'open',
  cacheControl: 'private, no-store',
  addresses: null,
  ...part,
});

export const policy: Policy = {
  version: 'catalogue-0123456789ab',
  environment: 'test',
  issuers: [
    {
      issuer: 'https://id.example.com',
      jwksUri: 'https://id.example.com/jwks.json',
      audience: 'store-api',
      algorithms: ['RS256', 'ES256', 'EdDSA'],
    },
    {
      issuer: 'https://other.example.com',
      jwksUri: 'https://other.example.com/jwks.json',
      audience: 'store-api',
      algorithms: ['ES256'],
    },
  ],
  limits: {
    anonymous: { by: 'address', requests: 50, periodSeconds: 60, burst: 10 },
    user: { by: 'user', requests: 1_000, periodSeconds: 60, burst: 50 },
    inventory: { by: 'user', requests: 100, periodSeconds: 60, burst: 5 },
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
      limit: 'anonymous',
      cacheControl: 'public, max-age=60',
    }),
    'GET /api/profile': route({ service: 'user' }),
    'GET /api/product-details/{id}': route({ service: 'product-page', access: { kind: 'optional' } }),
    'GET /api/orders': route({ access: { kind: 'permission', permission: 'orders:read' } }),
    'POST /api/inventory': route({
      service: 'inventory',
      access: { kind: 'permission', permission: 'inventory:write' },
      limit: 'inventory',
      onStoreFailure: 'closed',
    }),
    'GET /api/admin': route({ addresses: ['192.0.2.0/24', '2001:db8::/32'] }),
    'GET /api/export': route({ limit: 'inventory', cost: 6 }),
  },
};

export interface TestKey {
  readonly alg: SigningAlgorithm;
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function createKey(alg: SigningAlgorithm, kid: string): Promise<TestKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Claims that the policy accepts at noon, for five minutes. */
export const goodClaims: JWTPayload = {
  iss: 'https://id.example.com',
  aud: 'store-api',
  sub: 'ada',
  email: 'ada@example.com',
  role: 'customer',
  client_id: 'web',
  plan: 'free',
  permissions: ['orders:*'],
  iat: noon / 1_000,
  exp: noon / 1_000 + 300,
};

/** Signs claims; those of `goodClaims` where not said otherwise, none where undefined. */
export function signToken(
  { alg, kid, privateKey }: TestKey,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return new SignJWT({ ...goodClaims, ...claims })
    .setProtectedHeader({ alg, kid, typ: 'JWT' })
    .sign(privateKey);
}

/** An issuer whose key set the test changes. */
export interface TestIssuer {
  keys: readonly JWK[];
  isAway: boolean;
  /** How often it was asked. */
  fetches: number;
  readonly fetch: (jwksUri: string) => Promise<unknown>;
}

export function createIssuer(...keys: readonly TestKey[]): TestIssuer {
  const issuer: TestIssuer = {
    keys: keys.map(({ publicJwk }) => publicJwk),
    isAway: false,
    fetches: 0,
    fetch: () => {
      issuer.fetches += 1;
      return issuer.isAway ? Promise.reject(new Error('away')) : Promise.resolve({ keys: issuer.keys });
    },
  };
  return issuer;
}

/** The real ports, in memory: nothing of the decision is faked, only the network is. */
export function createPorts(issuer: TestIssuer, now: () => number, part: Partial<Ports> = {}): Ports {
  const secrets = new Refreshed(
    () => Promise.resolve([originSecret]),
    { freshMilliseconds: 60_000, staleMilliseconds: 600_000, cooldownMilliseconds: 5_000 },
    () => undefined,
  );
  const keySets = createKeySets({ fetch: issuer.fetch, onFailure: () => undefined });
  return {
    originSecrets: createOriginSecrets(secrets),
    tokens: rememberVerified(createTokenVerifier(keySets), 1_000),
    store: createMemoryStore(now, new MemoryEntries(10_000)),
    localStore: createMemoryStore(now, new MemoryEntries(10_000)),
    ...part,
  };
}

/** A REQUEST authorizer's event of payload format 2.0, as far as it is read. */
export function eventOf(routeKey: string, headers: Readonly<Record<string, string>> = {}) {
  return {
    version: '2.0',
    type: 'REQUEST',
    routeKey,
    headers: { 'x-gw-origin-secret': originSecret, 'x-gw-viewer-address': '192.0.2.7', ...headers },
    requestContext: { http: { method: routeKey.split(' ')[0], sourceIp: '130.176.0.1' } },
  };
}
