import { randomUUID } from 'node:crypto';
import { Redis } from 'iovalkey';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import type { Check, LimitStore } from '../../runtime/limit-store/limit-store.ts';
import type { TestRedis } from '../../runtime/limit-store/testing/redis-server.ts';
import { openConnection } from '../../runtime/limit-store/valkey-connection.ts';
import { ValkeyLimitStore } from '../../runtime/limit-store/valkey-limit-store.ts';
import { type Measurement, measure } from './measure.ts';

const rateOf = (name: string): Check => ({
  kind: 'rate',
  name,
  requests: 1_000,
  periodSeconds: 60,
  burst: 1_000_000,
  cost: 1,
});
const quota: Check = { kind: 'quota', name: 'requests', startDay: 1, perMonth: 1_000_000_000, cost: 1 };
const four: readonly Check[] = [rateOf('second'), rateOf('minute'), rateOf('hour'), quota];

export function connectLimitStore({ url }: TestRedis): ValkeyLimitStore {
  return new ValkeyLimitStore({
    open: (onEnd) => openConnection({ url, topology: 'single' }, onEnd),
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: () => performance.now(),
    budgetMilliseconds: 1_000,
    onFailure: (reason) => {
      throw new Error(reason);
    },
  });
}

/** Measures one script for all limits, compared with one round trip per limit. */
export async function measureLimitStore(store: LimitStore, { url }: TestRedis): Promise<Measurement[]> {
  const plain = new Redis(url);
  const counters = Array.from({ length: 4 }, () => `bench:${randomUUID()}`);
  const work = { warmUp: 2_000, rounds: 5_000 };
  const measurements = await measure([
    { name: 'one script, a rate and a quota', run: takeAll(store, [rateOf('user'), quota]), ...work },
    { name: 'one script, four limits', run: takeAll(store, four), ...work },
    { name: 'the same script, one round trip per limit (4)', run: takeEach(store, four), ...work },
    {
      name: 'INCR and EXPIRE, one round trip per limit (4)',
      run: async () => {
        for (const counter of counters) await plain.multi().incr(counter).expire(counter, 60).exec();
      },
      ...work,
    },
    { name: 'PING: the network alone', run: () => plain.ping(), ...work },
  ]);
  plain.disconnect();
  return measurements;
}

function takeAll(store: LimitStore, checks: readonly Check[]) {
  const call = { caller: `bench:${randomUUID()}`, checks };
  return () => store.take(call);
}

function takeEach(store: LimitStore, checks: readonly Check[]) {
  const caller = `bench:${randomUUID()}`;
  return async () => {
    for (const check of checks) await store.take({ caller, checks: [check] });
  };
}
