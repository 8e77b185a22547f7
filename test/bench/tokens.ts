import { JwtVerifier } from 'aws-jwt-verify';
import { importJWK, jwtVerify } from 'jose';
import type { Policy } from '../../lambda/auth/contract.ts';
import { decide } from '../../lambda/auth/decision/decide.ts';
import { readRequest } from '../../lambda/auth/decision/gateway-request.ts';
import { preparePolicy } from '../../lambda/auth/decision/prepared-policy.ts';
import { createPorts, eventOf, policy } from '../../lambda/auth/testing/decision-fixtures.ts';
import type { SigningAlgorithm } from '../../runtime/contracts/gateway-contract.ts';
import {
  createIssuer,
  createKey,
  goodClaims,
  signToken,
  type TestKey,
} from '../../runtime/tokens/testing/test-issuers.ts';
import { type Measurement, measure, type Work } from './measure.ts';

const warmUp = 1_000;
const rounds = 2_000;

/** The policy of the tests with limits that no call reaches, so that every call passes all checks and is admitted. */
const roomy: Policy = {
  ...policy,
  limits: Object.fromEntries(
    Object.entries(policy.limits).map(([name, limit]) => [name, { ...limit, burst: 1_000_000 }]),
  ),
};
const prepared = preparePolicy(roomy);

/** Measures complete decisions on new tokens in one process, compared with token libraries on the same tokens. */
export async function measureTokens(): Promise<{ readonly title: string; readonly rows: Measurement[] }[]> {
  return [await measureNewTokens('RS256', 100), await measureNewTokens('ES256')];
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
  const key = await importJWK(publicJwk, alg);
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

/** Uses the real clock, because the libraries use it. */
const lasting = { exp: Math.floor(Date.now() / 1_000) + 86_400 };
