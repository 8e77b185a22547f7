import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import {
  type KeySetIssuer,
  type SigningAlgorithm,
  signingAlgorithms,
} from '../../contracts/gateway-contract.ts';

/** Issuers and their tokens for tests and the benchmark. */

/** 2026-11-20T12:00:00Z in milliseconds. */
export const noon = Date.UTC(2026, 10, 20, 12);

export const issuers: readonly KeySetIssuer[] = [
  {
    issuer: 'https://id.example.com',
    jwksUri: 'https://id.example.com/jwks.json',
    audience: 'store-api',
    clientIds: null,
    scopePrefix: '',
    algorithms: signingAlgorithms,
    clockToleranceSeconds: 0,
    maxLifetimeSeconds: 90 * 86_400,
  },
  {
    issuer: 'https://other.example.com',
    jwksUri: 'https://other.example.com/jwks.json',
    audience: 'store-api',
    clientIds: null,
    scopePrefix: '',
    algorithms: ['ES256'],
    clockToleranceSeconds: 5,
    maxLifetimeSeconds: 3_600,
  },
];

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

/** Signs claims; those of `goodClaims` unless overridden, and none that are undefined. */
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
  isUnavailable: boolean;
  /** The number of requests so far. */
  fetches: number;
  readonly fetch: (jwksUri: string) => Promise<unknown>;
}

export function createIssuer(...keys: readonly TestKey[]): TestIssuer {
  const issuer: TestIssuer = {
    keys: keys.map(({ publicJwk }) => publicJwk),
    isUnavailable: false,
    fetches: 0,
    fetch: () => {
      issuer.fetches += 1;
      return issuer.isUnavailable
        ? Promise.reject(new Error('unavailable'))
        : Promise.resolve({ keys: issuer.keys });
    },
  };
  return issuer;
}
