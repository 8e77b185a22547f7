import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { decide } from '../../lambda/auth/decision/decide.ts';
import { readRequest } from '../../lambda/auth/decision/gateway-request.ts';
import { preparePolicy } from '../../lambda/auth/decision/prepared-policy.ts';
import { cacheVerifiedTokens } from '../../lambda/auth/identity/verified-tokens.ts';
import { createPorts, eventOf, policy } from '../../lambda/auth/testing/decision-fixtures.ts';
import type { KeySetIssuer } from '../../runtime/contracts/gateway-contract.ts';
import { createInMemoryLimitStore, MemoryEntries } from '../../runtime/limit-store/in-memory-entries.ts';
import { readIdentity } from '../../runtime/tokens/identity.ts';
import { createIssuer, issuers } from '../../runtime/tokens/testing/test-issuers.ts';

const subjects = 1_000_000;
/** The same limits as in the authorizer. */
const maxVerifiedTokens = 10_000;
const maxLocalCounters = 100_000;

export interface MemoryUse {
  readonly subjects: number;
  /** Megabytes of heap in use after a full collection. */
  readonly beforeMegabytes: number;
  readonly afterMegabytes: number;
}

/**
 * Measures the heap of a process after a million callers with different tokens while the limit store is unavailable,
 * which is the maximum of local counters. Signatures are not verified.
 */
export async function measureMemory(): Promise<MemoryUse> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heap = () => {
    collect();
    return process.memoryUsage().heapUsed / 1_000_000;
  };
  const prepared = preparePolicy(policy);
  const ports = createPorts(createIssuer(), Date.now, {
    tokens: cacheVerifiedTokens(unverified, maxVerifiedTokens),
    limitStore: { take: async () => ({ kind: 'failed', reason: 'unavailable' }) },
    localLimitStore: createInMemoryLimitStore(Date.now, new MemoryEntries(maxLocalCounters)),
  });
  const beforeMegabytes = heap();
  for (let subject = 0; subject < subjects; subject += 1) {
    // The payload gives the token an ordinary length.
    const token = `${'header'.padEnd(40, 'A')}.${`subject${subject}`.padEnd(400, 'A')}.${'A'.repeat(342)}`;
    const event = eventOf('GET /api/profile', { authorization: `Bearer ${token}` });
    const { context } = await decide(readRequest(event), prepared, ports, Date.now());
    if (context.decision !== 'allow') throw new Error(`${context.decision}: ${context.reason}`);
  }
  const afterMegabytes = heap();
  // Keeps the caches reachable until the measurement is done.
  await ports.tokens.verify('', prepared, Date.now());
  return { subjects, beforeMegabytes, afterMegabytes };
}

/** Accepts every token as one of the subject that it names. */
const unverified: Parameters<typeof cacheVerifiedTokens>[0] = {
  verify: async (token) => {
    const identity = readIdentity(issuers[0] as KeySetIssuer, {
      sub: token.split('.')[1]?.slice(0, 20) ?? '',
    });
    if (identity === undefined) return { kind: 'refused', reason: 'malformed-token' };
    return {
      kind: 'verified',
      token: {
        identity,
        tokenId: 'token',
        notBeforeSeconds: 0,
        expiresAtSeconds: Number.MAX_SAFE_INTEGER,
        clockToleranceSeconds: 0,
      },
    };
  },
};
