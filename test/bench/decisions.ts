import { randomBytes } from 'node:crypto';
import type { Policy } from '../../lambda/auth/contract.ts';
import { decide } from '../../lambda/auth/decision/decide.ts';
import { readRequest } from '../../lambda/auth/decision/gateway-request.ts';
import type { Ports } from '../../lambda/auth/decision/ports.ts';
import { preparePolicy } from '../../lambda/auth/decision/prepared-policy.ts';
import { createApiKey, hashApiKey } from '../../lambda/auth/identity/api-key.ts';
import {
  createDirectory,
  createPorts,
  eventOf,
  pepper,
  policy,
} from '../../lambda/auth/testing/decision-fixtures.ts';
import type { LimitStore } from '../../runtime/limit-store/limit-store.ts';
import {
  createIssuer,
  createKey,
  signToken,
  type TestKey,
} from '../../runtime/tokens/testing/test-issuers.ts';
import { type Measurement, measure, type Work } from './measure.ts';

const often = { warmUp: 20_000, rounds: 50_000 };
/** Fewer rounds where each round needs a new token, because signing takes longer than verification. */
const newTokenRounds = { warmUp: 1_000, rounds: 2_000 };
/** Number of concurrent calls that wait for the limit store in one process. */
const atOnce = 50;

/** The policy of the tests with limits that no call reaches, so that every call passes all checks and is admitted. */
const roomy: Policy = {
  ...policy,
  limits: Object.fromEntries(
    Object.entries(policy.limits).map(([name, limit]) => [name, { ...limit, burst: 1_000_000 }]),
  ),
  plans: {
    ...policy.plans,
    free: {
      requestsPerMonth: 1_000_000_000,
      bytesPerMonth: 1_000_000_000,
      rate: { requests: 1_000, periodSeconds: 60, burst: 1_000_000 },
    },
  },
};
const prepared = preparePolicy(roomy);
const path = 'GET /api/profile';
/** Uses the real clock, because a separate limit store uses it, too. */
const lasting = { iat: Math.floor(Date.now() / 1_000), exp: Math.floor(Date.now() / 1_000) + 86_400 };

type Authorization = (round: number) => Readonly<Record<string, string>>;

/**
 * Measures complete decisions by kind of credential. Each call checks the route's limit, the plan's rate and two quotas.
 *
 * @param store Limit store of the decisions. @default an in-memory limit store
 */
export async function measureDecisions(store?: LimitStore): Promise<Measurement[]> {
  const [rsa, ec] = [await createKey('RS256', 'rsa'), await createKey('ES256', 'ec')];
  const apiKey = createApiKey('test', randomBytes);
  const directory = createDirectory({
    kind: 'api-key',
    keyId: apiKey.id,
    client: { clientId: 'acme', plan: 'free', monthStartDay: 1, isSuspended: false, expiresAtSeconds: null },
    permissions: [],
    addresses: null,
    expiresAtSeconds: null,
    hashes: [{ hash: hashApiKey(apiKey, pepper), expiresAtSeconds: null }],
  });
  const ports = createPorts(createIssuer(rsa, ec), Date.now, {
    directory,
    ...(store === undefined ? {} : { limitStore: store }),
  });
  const cached = `Bearer ${await signToken(rsa, lasting)}`;
  const [rsaTokens, ecTokens] = [await newTokens(rsa), await newTokens(ec)];

  const bars = store === undefined ? { barP50: 15, barP99: 200 } : {};
  const rsaBar = store === undefined ? { barP50: 100 } : {};
  const works: Work[] = [
    { name: 'cached token', run: decisionWith(ports, () => ({ authorization: cached })), ...often, ...bars },
    { name: 'new token, RS256', run: decisionWith(ports, rsaTokens), ...newTokenRounds, ...rsaBar },
    { name: 'new token, ES256', run: decisionWith(ports, ecTokens), ...newTokenRounds },
    { name: 'API key', run: decisionWith(ports, () => ({ 'x-api-key': apiKey.text })), ...often },
  ];
  if (store === undefined) {
    const refused = decisionWith(ports, () => ({}), 'unauthenticated');
    return measure([...works, { name: 'no credential: refused', run: refused, ...often }]);
  }
  const one = decisionWith(ports, () => ({ authorization: cached }));
  return measure([
    ...works.map((work) => ({
      ...work,
      rounds: Math.min(work.rounds, 10_000),
      warmUp: newTokenRounds.warmUp,
    })),
    {
      name: `cached token, ${atOnce} at once, each`,
      run: (round) => Promise.all(Array.from({ length: atOnce }, () => one(round))),
      warmUp: 20,
      rounds: 200,
      calls: atOnce,
    },
  ]);
}

/** Makes a decision and checks its outcome, because refusals are faster than admissions. */
function decisionWith(ports: Ports, authorization: Authorization, expected = 'allow') {
  return async (round: number): Promise<void> => {
    const { context } = await decide(
      readRequest(eventOf(path, authorization(round))),
      prepared,
      ports,
      Date.now(),
    );
    if (context.decision !== expected) throw new Error(`${context.decision}: ${context.reason}`);
  };
}

async function newTokens(key: TestKey): Promise<Authorization> {
  const count = newTokenRounds.warmUp + newTokenRounds.rounds;
  const tokens = await Promise.all(
    Array.from({ length: count }, (_, index) => signToken(key, { ...lasting, jti: `${index}` })),
  );
  return (round) => ({ authorization: `Bearer ${tokens[round]}` });
}
