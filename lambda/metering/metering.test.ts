import { randomUUID } from 'node:crypto';
import * as fc from 'fast-check';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { updateItem } from '../../runtime/aws/dynamodb-item.ts';
import { startTestDynamoDb, type TestDynamoDb } from '../../runtime/aws/testing/dynamodb-server.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import type { LimitStore, LimitStoreRequest } from '../../runtime/limit-store/limit-store.ts';
import { monthName } from '../../runtime/limit-store/quota-month.ts';
import {
  hasRedis,
  redisNote,
  startRedis,
  type TestRedis,
} from '../../runtime/limit-store/testing/redis-server.ts';
import { inMemoryClockedLimitStore } from '../../runtime/limit-store/testing/store-with-test-clock.ts';
import { openConnection } from '../../runtime/limit-store/valkey-connection.ts';
import { ValkeyLimitStore } from '../../runtime/limit-store/valkey-limit-store.ts';
import type { AccessLine } from './access-record.ts';
import { refusalsKey } from './contract.ts';
import {
  createTestMetering,
  lineOf,
  logEvent,
  noon,
  type TestMetering,
} from './testing/metering-fixtures.ts';

let dynamo: TestDynamoDb;
beforeAll(async () => {
  dynamo = await startTestDynamoDb();
});
afterAll(() => dynamo.close());

/** A limit store at noon with its counters. */
function storeAtNoon() {
  const scripted = inMemoryClockedLimitStore();
  const store: LimitStore = { take: (call: LimitStoreRequest) => scripted.take(call, noon * 1_000) };
  const used = async (caller: string, name: string, startDay = 1) => {
    const perMonth = 1_000_000_000;
    const check = { kind: 'quota', name, startDay, perMonth, cost: 0 } as const;
    const { states } = await scripted.take({ caller, checks: [check], peek: true }, noon * 1_000);
    return perMonth - (states[0]?.remaining ?? 0);
  };
  return { store, used, lose: () => scripted.reset() };
}

let store: ReturnType<typeof storeAtNoon>;
let metering: TestMetering;
let callers = 0;
/** A caller without counted records. */
const newCaller = () => {
  callers += 1;
  return `client:${callers}`;
};
beforeEach(async () => {
  store = storeAtNoon();
  metering = await createTestMetering(dynamo, store.store);
});

const linesOf = (caller: string, count: number, part: AccessLine = {}) =>
  Array.from({ length: count }, (_, index) => lineOf({ caller, requestId: `${caller}-${index}`, ...part }));

describe('usage', () => {
  test('is the requests and bytes of the allowed calls, by caller and month', async () => {
    const [a, b] = [newCaller(), newCaller()];
    await metering.run(
      logEvent([
        ...linesOf(a, 3),
        ...linesOf(b, 1, { totalBytes: '-', responseBytes: '9' }),
        lineOf({ caller: a, requestId: 'refused', decision: 'throttled' }),
        lineOf({ caller: '-', requestId: 'anonymous' }),
        'no JSON',
        lineOf({ caller: a, requestId: '-' }),
      ]),
    );
    expect(await metering.usage(a)).toEqual({ requests: 3, bytes: 300, bytesOut: 210 });
    expect(await metering.usage(b)).toEqual({ requests: 1, bytes: 9, bytesOut: 9 });
    expect([await store.used(a, 'requests'), await store.used(a, 'bytes')]).toEqual([3, 300]);
    expect(metering.metrics).toEqual([
      expect.objectContaining({
        MeteredLines: 8,
        MeteredRequests: 4,
        MeteredBytes: 309,
        AccessLogParseErrors: 2,
      }),
    ]);
  });

  test('a refused call is a refusal of its caller once, and no request, byte or charge', async () => {
    const caller = newCaller();
    const refused = (id: string, decision: string) => lineOf({ caller, requestId: id, decision });
    const batch = logEvent([
      ...linesOf(caller, 2),
      refused('a', 'throttled'),
      refused('b', 'quota'),
      refused('c', 'forbidden'),
      refused('d', 'unavailable'),
    ]);
    await metering.run(batch);
    await metering.run(batch);
    expect(await metering.usage(caller)).toMatchObject({ requests: 2, bytes: 200 });
    expect(await metering.usage(refusalsKey(caller))).toMatchObject({ requests: 3 });
    expect(await store.used(caller, 'requests')).toBe(2);
  });

  test('late lines count in the month of their own time, and in the months of the caller', async () => {
    const caller = newCaller();
    const lastOfOctober = `${Date.UTC(2026, 9, 31, 23, 59, 59)}`;
    await metering.run(logEvent(linesOf(caller, 2, { timeEpochMs: lastOfOctober })));
    expect(await store.used(caller, 'requests')).toBe(0);
    await metering.run(logEvent([lineOf({ caller, monthStartDay: '21', requestId: 'anniversary' })]));
    expect(await metering.usage(caller, '2026-10')).toMatchObject({ requests: 2 });
    expect(await metering.usage(caller, '2026-11')).toMatchObject({ requests: 0 });
    expect(await metering.usage(caller, '2026-10-21')).toMatchObject({ requests: 1 });
    expect(await store.used(caller, 'bytes', 21)).toBe(100);
  });

  test('reports lines that are too old, and does not count them', async () => {
    const caller = newCaller();
    const old = `${noon - 31 * 86_400_000}`;
    await metering.run(logEvent(linesOf(caller, 2, { timeEpochMs: old })));
    expect(await metering.usage(caller, '2026-10')).toMatchObject({ requests: 0 });
    expect(metering.metrics[0]).toMatchObject({ AccessLogLinesTooOld: 2, MeteredRequests: 0 });
  });

  test('keeps earlier figures of the table in the sum', async () => {
    const caller = newCaller();
    await updateItem(
      metering.usageTable,
      { clientId: { S: caller }, month: { S: '2026-11' } },
      {
        expression: 'SET #requests = :requests, note = :note',
        condition: 'attribute_not_exists(clientId)',
        names: { '#requests': 'requests' },
        values: { ':requests': { N: '40' }, ':note': { S: 'by hand' } },
      },
    );
    await metering.run(logEvent(linesOf(caller, 2)));
    expect(await metering.usage(caller)).toEqual({ requests: 42, bytes: 200, bytesOut: 140 });
  });
});

describe('each line counts once', () => {
  test('in the same batch again, and in other batches with lines beside it', async () => {
    const caller = newCaller();
    const lines = linesOf(caller, 10);
    for (const batch of [lines, lines, lines.slice(0, 4), lines.slice(3, 8), [...lines, ...lines]]) {
      await metering.run(logEvent(batch));
    }
    await metering.run(logEvent([...lines.slice(7), lineOf({ caller, requestId: 'new' })]));
    expect(await metering.usage(caller)).toEqual({ requests: 11, bytes: 1_100, bytesOut: 770 });
    expect(await store.used(caller, 'bytes')).toBe(1_100);
  });

  test('in many concurrent invocations, while pages fill up', async () => {
    const caller = newCaller();
    const lines = linesOf(caller, 60);
    const several = await Promise.all(
      Array.from({ length: 6 }, () => createTestMetering(dynamo, store.store, { pageSize: 7 })),
    );
    await Promise.all(
      several.map((one, index) =>
        one.run(logEvent([...lines.slice(index * 10), ...lines.slice(0, index * 10)])),
      ),
    );
    expect(await metering.usage(caller)).toEqual({ requests: 60, bytes: 6_000, bytesOut: 4_200 });
    expect([await store.used(caller, 'requests'), await store.used(caller, 'bytes')]).toEqual([60, 6_000]);
  });

  test.each(['before', 'after'] as const)(
    'wherever an invocation ends, %s each single call of a table',
    async (when) => {
      for (let call = 0; ; call += 1) {
        const [a, b] = [newCaller(), newCaller()];
        const earlier = { timeEpochMs: `${noon - 3_600_000}` };
        const yesterday = { timeEpochMs: `${noon - 86_400_000}` };
        const lines = [
          ...linesOf(a, 3, { quotaLimit: '6' }),
          lineOf({ caller: a, requestId: 'earlier', ...earlier, quotaLimit: '6' }),
          lineOf({ caller: a, requestId: 'yesterday', ...yesterday, quotaLimit: '6' }),
          ...linesOf(b, 1),
        ];
        metering = await createTestMetering(dynamo, store.store, { pageSize: 2 });
        dynamo.cut(call, when);
        const cut = await metering.run(logEvent(lines)).then(
          () => false,
          () => true,
        );
        const reached = dynamo.restore() > call;
        await metering.run(logEvent(lines));
        expect([call, await metering.usage(a)]).toEqual([call, { requests: 5, bytes: 500, bytesOut: 350 }]);
        expect(await metering.usage(b)).toMatchObject({ requests: 1 });
        expect([await store.used(a, 'requests'), await store.used(a, 'bytes')]).toEqual([5, 500]);
        if (!reached) break;
        expect(cut).toBe(true);
      }
    },
  );

  test('whatever the batches, the orders and the repetitions', async () => {
    const line = fc.record({
      caller: fc.constantFrom('x', 'y'),
      minutes: fc.integer({ min: -3_000, max: 0 }),
      bytes: fc.nat(1_000),
    });
    const plan = fc.array(line, { minLength: 1, maxLength: 12 }).chain((lines) =>
      fc.record({
        lines: fc.constant(lines),
        batches: fc.array(fc.array(fc.nat(lines.length - 1), { minLength: 1, maxLength: 8 }), {
          maxLength: 6,
        }),
        pageSize: fc.integer({ min: 1, max: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(plan, async ({ lines, batches, pageSize }) => {
        const [x, y] = [newCaller(), newCaller()];
        const ofCaller = (name: string) => (name === 'x' ? x : y);
        const written = lines.map(({ caller, minutes, bytes }, index) =>
          lineOf({
            caller: ofCaller(caller),
            requestId: `${index}`,
            timeEpochMs: `${noon + minutes * 60_000}`,
            totalBytes: `${bytes}`,
            responseBytes: '0',
          }),
        );
        const one = await createTestMetering(dynamo, store.store, { pageSize });
        const runs = batches.map((batch) => logEvent(batch.map((index) => written[index] ?? {})));
        // The first two at the same time, and then one after another.
        await Promise.all(runs.slice(0, 2).map((event) => one.run(event)));
        for (const event of runs.slice(2)) await one.run(event);
        for (const caller of ['x', 'y']) {
          const seen = new Set(batches.flat().filter((index) => lines[index]?.caller === caller));
          const bytes = [...seen].reduce((total, index) => total + (lines[index]?.bytes ?? 0), 0);
          expect(await one.usage(ofCaller(caller))).toEqual({ requests: seen.size, bytes, bytesOut: 0 });
          expect(await store.used(ofCaller(caller), 'bytes')).toBe(bytes);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('the limit store', () => {
  test('that has lost its counters gets the whole month with the next line', async () => {
    const caller = newCaller();
    await metering.run(logEvent(linesOf(caller, 4)));
    await store.lose();
    await metering.run(logEvent([lineOf({ caller, requestId: 'next' })]));
    expect([await store.used(caller, 'requests'), await store.used(caller, 'bytes')]).toEqual([5, 500]);
  });

  test('that is unavailable does not stop the counting', async () => {
    const caller = newCaller();
    const one = await createTestMetering(dynamo, {
      take: async () => ({ kind: 'failed', reason: 'unavailable' }),
    });
    await one.run(logEvent(linesOf(caller, 2)));
    expect(await one.usage(caller)).toMatchObject({ requests: 2 });
    expect(one.metrics[0]).toMatchObject({ QuotaUpdateFailures: 1 });
    await metering.run(logEvent(linesOf(caller, 2)));
    expect(await store.used(caller, 'bytes')).toBe(200);
  });
});

describe.runIf(hasRedis)(`on a real server${redisNote}`, () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());

  test('many concurrent invocations on one client, with the limit store emptied in between: the sums are exact', async () => {
    const real = connectedTo(redis.url);
    const caller = `client:${randomUUID()}`;
    const now = Date.now();
    const lines = linesOf(caller, 90, { timeEpochMs: `${now}` });
    const runAll = async (from: number, to: number) => {
      const several = await Promise.all(
        Array.from({ length: 4 }, () => createTestMetering(dynamo, real, { now: () => now })),
      );
      await Promise.all(
        several.map((one, index) => one.run(logEvent(lines.slice(from + index * 5, to - index * 5)))),
      );
    };
    const used = async (name: string) => {
      const check = { kind: 'quota', name, startDay: 1, perMonth: 1_000_000, cost: 0 } as const;
      const answer = await real.take({ caller, checks: [check], peek: true });
      return answer.kind === 'answered' ? 1_000_000 - (answer.states[0]?.remaining ?? 0) : Number.NaN;
    };
    await runAll(0, 60);
    expect([await used('requests'), await used('bytes')]).toEqual([60, 6_000]);
    const client = new Redis(redis.url);
    await client.del(...(await client.keys(`*${caller}*`)));
    client.disconnect();
    expect(await used('bytes')).toBe(0);
    await runAll(30, 90);
    expect([await used('requests'), await used('bytes')]).toEqual([90, 9_000]);
    const month = monthName(now / 1_000, 1);
    expect(await metering.usage(caller, month)).toEqual({ requests: 90, bytes: 9_000, bytesOut: 6_300 });
    real.close();
  });
});

function connectedTo(url: string): ValkeyLimitStore {
  return new ValkeyLimitStore({
    open: (onEnd) => openConnection({ url, topology: 'single' }, onEnd),
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: () => performance.now(),
    budgetMilliseconds: 5_000,
    onFailure: (reason) => {
      throw new Error(reason);
    },
  });
}
