import { JwtVerifier } from 'aws-jwt-verify';
import { jwtVerify } from 'jose';
import type { Policy, SigningAlgorithm } from '../../lambda/auth/contract.ts';
import { decide } from '../../lambda/auth/decide.ts';
import { preparePolicy } from '../../lambda/auth/prepared-policy.ts';
import { readRequest } from '../../lambda/auth/request.ts';
import {
  createIssuer,
  createKey,
  createPorts,
  eventOf,
  goodClaims,
  policy,
  signToken,
  type TestKey,
} from '../../lambda/auth/testing.ts';
import { type Measurement, measure, type Work } from './measure.ts';

const warmUp = 1_000;
const rounds = 2_000;

/** The tests' policy with limits that nobody reaches: each call takes the whole way and is allowed. */
const roomy: Policy = {
  ...policy,
  limits: Object.fromEntries(
    Object.entries(policy.limits).map(([name, limit]) => [name, { ...limit, burst: 1_000_000 }]),
  ),
};
const prepared = preparePolicy(roomy);

/** Decisions in process: everything but the store's network. Beside them, token libraries alone on the same tokens. */
export async function measureTokens(): Promise<{ readonly title: string; readonly rows: Measurement[] }[]> {
  // First, since it warms the code up that the others run, too.
  const cached = { title: 'Decisions without a signature to verify', rows: await measureCached() };
  return [cached, await measureNewTokens('RS256', 100), await measureNewTokens('ES256')];
}

async function measureCached(): Promise<Measurement[]> {
  const key = await createKey('RS256', 'key');
  const ports = createPorts(createIssuer(key), Date.now);
  const authorization = `Bearer ${await signToken(key, lasting)}`;
  const events = {
    cached: eventOf('GET /api/orders', { authorization }),
    anonymous: eventOf('GET /api/products'),
    refused: eventOf('GET /api/orders'),
  };
  const ask = (event: unknown) => () => decide(readRequest(event), prepared, ports, Date.now());
  return measure([
    {
      name: 'cached token',
      run: ask(events.cached),
      warmUp: 20_000,
      rounds: 50_000,
      barP50: 30,
      barP99: 200,
    },
    { name: 'anonymous route', run: ask(events.anonymous), warmUp: 20_000, rounds: 50_000 },
    { name: 'no token: refused', run: ask(events.refused), warmUp: 20_000, rounds: 50_000 },
  ]);
}

async function measureNewTokens(alg: SigningAlgorithm, barP50?: number) {
  const key = await createKey(alg, 'key');
  const tokens = await Promise.all(
    Array.from({ length: warmUp + rounds }, (_, index) => signToken(key, { ...lasting, jti: `${index}` })),
  );
  const ports = createPorts(createIssuer(key), Date.now);
  const decision: Work = {
    name: 'Gatehouse: the whole decision',
    run: (round) => {
      const event = eventOf('GET /api/orders', { authorization: `Bearer ${tokens[round]}` });
      return decide(readRequest(event), prepared, ports, Date.now());
    },
    warmUp,
    rounds,
    ...(barP50 === undefined ? {} : { barP50 }),
  };
  const rows = await measure([await joseAlone(key, tokens), awsJwtVerify(key, tokens), decision]);
  return { title: `New tokens, ${alg}`, rows };
}

async function joseAlone({ alg, publicJwk }: TestKey, tokens: readonly string[]): Promise<Work> {
  const key = await crypto.subtle.importKey('jwk', publicJwk, webCryptoNames[alg], false, ['verify']);
  const options = { issuer: goodClaims.iss ?? '', audience: 'store-api', algorithms: [alg] };
  return { name: 'jose alone', run: (round) => jwtVerify(tokens[round] ?? '', key, options), warmUp, rounds };
}

function awsJwtVerify({ publicJwk }: TestKey, tokens: readonly string[]): Work {
  const verifier = JwtVerifier.create({ issuer: goodClaims.iss ?? '', audience: 'store-api' });
  verifier.cacheJwks({ keys: [{ ...publicJwk, kty: publicJwk.kty ?? '', kid: 'key' }] });
  return {
    name: 'aws-jwt-verify alone',
    run: (round) => verifier.verifySync(tokens[round] ?? ''),
    warmUp,
    rounds,
  };
}

/** By the real clock, which the libraries beside us read. */
const lasting = { exp: Math.floor(Date.now() / 1_000) + 86_400 };

const webCryptoNames = {
  RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  EdDSA: { name: 'Ed25519' },
} as const;
