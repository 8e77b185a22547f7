import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emissionIntervalMicroseconds } from './limit-script-wire.ts';
import type { Check, LimitStoreRequest, QuotaCheck, RateCheck } from './limit-store.ts';
import { hasRedis, redisNote } from './testing/redis-server.ts';
import { scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';
import { clockedLimitStore } from './testing/store-with-test-clock.ts';

const second = 1_000_000;
/** 2026-11-20T12:00:00Z in microseconds. */
const noon = Date.UTC(2026, 10, 20, 12) * 1_000;

const rate = (part: Partial<RateCheck> = {}): RateCheck => ({
  kind: 'rate',
  name: 'user',
  requests: 60,
  periodSeconds: 60,
  burst: 3,
  cost: 1,
  ...part,
});
const quota = (part: Partial<QuotaCheck> = {}): QuotaCheck => ({
  kind: 'quota',
  name: 'requests',
  startDay: 1,
  perMonth: 5,
  cost: 1,
  ...part,
});
const call = (...checks: Check[]): LimitStoreRequest => ({ caller: 'user:ada', checks });

const { memory, script, stores } = scriptsWithTestClock('the script on a real server');

describe.each(stores)('the limit-store call, $name', ({ engine, runs }) => {
  describe.runIf(runs)('follows its rules:', () => {
    const store = clockedLimitStore(engine);
    const states = async (at: number, ...checks: Check[]) => (await store.take(call(...checks), at)).states;
    const admits = async (at: number, ...checks: Check[]) => (await store.take(call(...checks), at)).admitted;

    test('admits the burst, then one request per interval', async () => {
      for (const remaining of [2, 1, 0]) {
        expect(await states(noon, rate())).toMatchObject([
          {
            result: 'passed',
            remaining,
            resetMicroseconds: (3 - remaining) * second,
            retryMicroseconds: 0,
          },
        ]);
      }
      expect(await states(noon, rate())).toMatchObject([
        { result: 'refused', remaining: 0, resetMicroseconds: 3 * second, retryMicroseconds: second },
      ]);
      expect(await admits(noon + second - 1, rate())).toBe(false);
      expect(await admits(noon + second, rate())).toBe(true);
      expect(await admits(noon + second, rate())).toBe(false);
    });

    test('reports an exact retry time', async () => {
      for (let i = 0; i < 3; i += 1) await admits(noon, rate());
      const [state] = await states(noon + 300_000, rate({ cost: 2 }));
      expect(state?.retryMicroseconds).toBe(1_700_000);
      expect(await admits(noon + 300_000 + 1_699_999, rate({ cost: 2 }))).toBe(false);
      expect(await admits(noon + 300_000 + 1_700_000, rate({ cost: 2 }))).toBe(true);
    });

    test('admits no two bursts around the edge of a period', async () => {
      let admitted = 0;
      // A fixed window of a minute would admit 60 at its end and 60 at the next one's start.
      for (const at of [59.9, 59.95, 60, 60.05, 60.1]) {
        for (let i = 0; i < 10; i += 1)
          if (await admits(noon + at * second, rate({ burst: 10 }))) admitted += 1;
      }
      expect(admitted).toBe(10);
    });

    test('a refused call is counted in none of its checks', async () => {
      const tight = rate({ name: 'tight', burst: 1 });
      expect(await admits(noon, rate(), tight, quota())).toBe(true);
      for (let i = 0; i < 5; i += 1) expect(await admits(noon, rate(), tight, quota())).toBe(false);
      const [wide, , month] = await states(noon, rate({ cost: 0 }), tight, quota({ cost: 0 }));
      expect(wide).toMatchObject({ result: 'passed', remaining: 2 });
      expect(month).toMatchObject({ result: 'passed', remaining: 4 });
    });

    test('an exhausted quota refuses until the month ends, by a calendar in UTC', async () => {
      const lastSecond = Date.UTC(2026, 10, 30, 23, 59, 59) * 1_000;
      for (let i = 0; i < 5; i += 1) expect(await admits(noon, quota())).toBe(true);
      expect(await states(lastSecond, quota())).toMatchObject([
        { result: 'refused', remaining: 0, resetMicroseconds: second, retryMicroseconds: second },
      ]);
      expect(await states(lastSecond + second, quota())).toMatchObject([
        {
          result: 'passed',
          remaining: 4,
          resetMicroseconds: 31 * 86_400 * second,
          retryMicroseconds: 0,
        },
      ]);
    });

    test.each([
      ['2026-01-31T23:59:59.999Z', '2026-02-01'],
      ['2026-02-01T00:00:00Z', '2026-03-01'],
      ['2026-02-28T23:59:59Z', '2026-03-01'],
      ['2028-02-29T12:00:00Z', '2028-03-01'],
      ['2100-02-28T12:00:00Z', '2100-03-01'],
      ['2000-02-29T12:00:00Z', '2000-03-01'],
      ['2026-12-31T23:59:59Z', '2027-01-01'],
      ['2027-03-31T00:00:00Z', '2027-04-01'],
    ])('at %s the month ends on %s', async (at, end) => {
      const [state] = await states(Date.parse(at) * 1_000, quota());
      expect(state?.resetMicroseconds).toBe((Date.parse(end) - Date.parse(at)) * 1_000);
    });

    test('a change of plan resets no usage', async () => {
      for (let i = 0; i < 5; i += 1) await admits(noon, quota());
      expect(await states(noon, quota({ perMonth: 8, cost: 0 }))).toMatchObject([{ remaining: 3 }]);
      expect(await states(noon, quota({ perMonth: 2 }))).toMatchObject([{ result: 'refused', remaining: 0 }]);
    });

    test('a smaller burst applies at once, with the shortest possible wait', async () => {
      for (let i = 0; i < 100; i += 1) await admits(noon, rate({ burst: 100 }));
      expect(await states(noon, rate({ burst: 2 }))).toMatchObject([
        { result: 'refused', retryMicroseconds: second },
      ]);
      expect(await admits(noon + second, rate({ burst: 2 }))).toBe(true);
    });

    test('a cost above the burst, or above the month, is refused permanently', async () => {
      expect(await states(noon, rate({ cost: 4 }), quota())).toMatchObject([
        { result: 'never', remaining: 3, retryMicroseconds: 0 },
        { result: 'passed', remaining: 5 },
      ]);
      expect(await states(noon, quota({ cost: 6 }))).toMatchObject([
        { result: 'never', retryMicroseconds: 0 },
      ]);
    });

    test('a cost of zero reads the limit and counts nothing', async () => {
      for (let i = 0; i < 10; i += 1) {
        expect(await states(noon, rate({ cost: 0 }), quota({ cost: 0 }))).toMatchObject([
          { result: 'passed', remaining: 3, resetMicroseconds: 0 },
          { result: 'passed', remaining: 5 },
        ]);
      }
    });

    test('a clock that steps back neither admits more calls nor locks the caller out', async () => {
      for (let i = 0; i < 3; i += 1) await admits(noon, rate());
      const before = noon - 3_600 * second;
      expect(await admits(before, rate())).toBe(false);
      expect(await admits(before + second, rate())).toBe(true);
      expect(await admits(before + second, rate())).toBe(false);
    });

    test('a clock that steps back over the end of a month keeps the usage', async () => {
      const december = Date.UTC(2026, 11, 1) * 1_000;
      for (let i = 0; i < 5; i += 1) await admits(december, quota());
      expect(await states(december - second, quota())).toMatchObject([
        { result: 'refused', retryMicroseconds: second },
      ]);
      expect(await admits(december, quota())).toBe(true);
    });

    test('counts each caller separately', async () => {
      for (let i = 0; i < 3; i += 1) await admits(noon, rate());
      const other = await store.take({ caller: 'user:bob', checks: [rate()] }, noon);
      expect(other.admitted).toBe(true);
    });

    test('never admits more than burst + rate * time in any interval, and never less to a caller within the rate', async () => {
      const law = fc.asyncProperty(
        fc.record({
          requests: fc.integer({ min: 1, max: 500 }),
          periodSeconds: fc.integer({ min: 1, max: 3_600 }),
          burst: fc.integer({ min: 1, max: 20 }),
        }),
        fc.array(
          fc.record({ gap: fc.integer({ min: 0, max: 20 * second }), cost: fc.integer({ min: 1, max: 3 }) }),
          {
            maxLength: 40,
          },
        ),
        async (limit, arrivals) => {
          await store.reset();
          const taken: { at: number; cost: number }[] = [];
          let at = noon;
          for (const { gap, cost } of arrivals) {
            at += gap;
            if (await admits(at, rate({ ...limit, cost }))) taken.push({ at, cost });
          }
          for (const [first, from] of taken.entries()) {
            let sum = 0;
            for (const to of taken.slice(first)) {
              sum += to.cost;
              const allowed =
                limit.burst + ((to.at - from.at) * limit.requests) / (limit.periodSeconds * second);
              expect(sum).toBeLessThanOrEqual(allowed + 1e-6);
            }
          }
          at += (limit.burst + 1) * emissionIntervalMicroseconds(limit);
          for (let i = 0; i < 10; i += 1) {
            expect(await admits(at, rate(limit))).toBe(true);
            at += emissionIntervalMicroseconds(limit);
          }
        },
      );
      await fc.assert(law, { numRuns: 60 });
    });
  });
});

describe.runIf(hasRedis)(`the script and its in-memory twin${redisNote}`, () => {
  test('agree on arbitrary histories, with a clock that steps in both directions', async () => {
    const month = fc.constantFrom('requests', 'bytes');
    const startDay = fc.constantFrom(1, 15, 28, 29, 30, 31);
    const step = fc.record({
      caller: fc.constantFrom('user:ada', 'address:2001:db8::/56'),
      gap: fc.oneof(
        fc.integer({ min: 0, max: 3 * second }),
        fc.integer({ min: -40 * 86_400 * second, max: 40 * 86_400 * second }),
      ),
      checks: fc.uniqueArray(
        fc.oneof(
          fc.record({
            kind: fc.constant('rate' as const),
            name: fc.constantFrom('user', 'inventory'),
            requests: fc.integer({ min: 1, max: 1_000 }),
            periodSeconds: fc.integer({ min: 1, max: 86_400 }),
            burst: fc.integer({ min: 1, max: 50 }),
            cost: fc.integer({ min: 0, max: 5 }),
            shadow: fc.boolean(),
          }),
          fc.record({
            kind: fc.constant('quota' as const),
            name: month,
            startDay,
            perMonth: fc.integer({ min: 1, max: 20 }),
            cost: fc.integer({ min: 0, max: 5 }),
            shadow: fc.boolean(),
          }),
          fc.record({
            kind: fc.constantFrom('charge' as const, 'settle' as const),
            name: month,
            startDay,
            monthEndSeconds: fc.constantFrom(Date.UTC(2026, 11, 1) / 1_000, Date.UTC(2026, 11, 15) / 1_000),
            amount: fc.integer({ min: 0, max: 20 }),
          }),
        ),
        // At most one check per key: a call that names a key twice would read it once.
        { minLength: 1, maxLength: 3, selector: ({ kind, name }) => `${kind === 'rate'}:${name}` },
      ),
      peek: fc.boolean(),
    });
    const [inMemory, onServer] = [clockedLimitStore(memory), clockedLimitStore(script)];
    const law = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      await Promise.all([memory.reset(), script.reset()]);
      let now = noon;
      for (const { gap, ...asked } of steps) {
        now += gap;
        expect(await onServer.take(asked, now)).toEqual(await inMemory.take(asked, now));
      }
    });
    await fc.assert(law, { numRuns: 200 });
  });
});
