import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Charge, Check, QuotaCheck, RateCheck, Settle } from './limit-store.ts';
import { monthEndSeconds, monthName } from './quota-month.ts';
import { scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';
import { clockedLimitStore } from './testing/store-with-test-clock.ts';

const second = 1_000_000;
/** 2026-11-20T12:00:00Z in microseconds. */
const noon = Date.UTC(2026, 10, 20, 12) * 1_000;
const december = Date.UTC(2026, 11, 1) / 1_000;

const quota = (part: Partial<QuotaCheck> = {}): QuotaCheck => ({
  kind: 'quota',
  name: 'requests',
  startDay: 1,
  perMonth: 5,
  cost: 1,
  ...part,
});
const charge = (amount: number, monthEnd = december): Charge => ({
  kind: 'charge',
  name: 'requests',
  startDay: 1,
  monthEndSeconds: monthEnd,
  amount,
});
const settle = (amount: number, monthEnd = december): Settle => ({
  kind: 'settle',
  name: 'requests',
  startDay: 1,
  monthEndSeconds: monthEnd,
  amount,
});
const rate = (burst: number, shadow: boolean, name = 'user'): RateCheck & { shadow: boolean } => ({
  kind: 'rate',
  name,
  requests: 1,
  periodSeconds: 3_600,
  burst,
  cost: 1,
  shadow,
});

const { stores } = scriptsWithTestClock('the script on a real server');

describe.each(stores)('counters and shadow, $name', ({ engine, runs }) => {
  describe.runIf(runs)('follow their rules:', () => {
    const store = clockedLimitStore(engine);
    const take = (at: number, ...checks: Check[]) => store.take({ caller: 'user:ada', checks }, at);
    const peek = (at: number, ...checks: Check[]) =>
      store.take({ caller: 'user:ada', checks, peek: true }, at);

    test.each([
      ['2026-01-31T00:00:00Z', 31, '2026-02-28'],
      ['2026-02-27T23:59:59Z', 31, '2026-02-28'],
      ['2026-02-28T00:00:00Z', 31, '2026-03-31'],
      ['2028-02-28T23:59:59Z', 30, '2028-02-29'],
      ['2028-02-29T00:00:00Z', 30, '2028-03-30'],
      ['2026-11-20T12:00:00Z', 20, '2026-12-20'],
      ['2026-11-20T12:00:00Z', 21, '2026-11-21'],
      ['2026-12-31T23:59:59Z', 15, '2027-01-15'],
      ['2027-01-01T00:00:00Z', 31, '2027-01-31'],
    ])('at %s a month that begins on day %i ends on %s', async (at, startDay, end) => {
      const { states } = await take(Date.parse(at) * 1_000, quota({ startDay }));
      expect(states[0]?.resetMicroseconds).toBe((Date.parse(end) - Date.parse(at)) * 1_000);
    });

    test('a quota with a cost of zero passes while any quota is left', async () => {
      const bytes = quota({ perMonth: 100, cost: 0 });
      await take(noon, charge(99));
      expect(await take(noon, bytes)).toMatchObject({ admitted: true, states: [{ remaining: 1 }] });
      await take(noon, charge(2_000));
      expect(await take(noon, bytes)).toMatchObject({
        admitted: false,
        states: [{ result: 'refused', remaining: 0 }],
      });
    });

    test('a charge states the usage of the month so far: repeated, late or for another month it changes nothing', async () => {
      const left = async () => (await peek(noon, quota({ perMonth: 100 }))).states[0]?.remaining;
      const missing = async (...of: Parameters<typeof charge>) =>
        (await take(noon, charge(...of))).states[0]?.remaining;
      expect([await missing(40), await missing(40), await missing(30), await left()]).toEqual([40, 0, 0, 60]);
      expect([await missing(90, december - 86_400), await left()]).toEqual([0, 60]);
      await take(noon, quota({ perMonth: 100, cost: 5 }));
      expect([await missing(43), await left()]).toEqual([0, 55]);
      expect([await missing(50), await left()]).toEqual([5, 50]);
    });

    test('a new counter asks one caller at a time to settle it, until it is settled', async () => {
      const isAsked = async (at: number) => (await take(at, quota())).states[0]?.needsSettlement;
      expect([await isAsked(noon), await isAsked(noon), await isAsked(noon + 4 * second)]).toEqual([
        true,
        false,
        false,
      ]);
      expect([await isAsked(noon + 5 * second), await isAsked(noon + 5 * second)]).toEqual([true, false]);
      await take(noon + 6 * second, settle(0));
      expect(await isAsked(noon + 3_600 * second)).toBe(false);
      expect(await isAsked(december * second)).toBe(true);
    });

    test('a counter that starts with a refused call, or with a charge, has to be settled, too', async () => {
      await take(noon, rate(1, false));
      expect((await take(noon, rate(1, false), quota())).states[1]?.needsSettlement).toBe(true);
      await store.reset();
      await take(noon, charge(3));
      expect((await take(noon, quota())).states[0]).toMatchObject({ needsSettlement: true, remaining: 1 });
    });

    test('settling raises to the known usage of the month, once, and never lowers', async () => {
      await take(noon, quota());
      expect((await take(noon, settle(4))).states[0]?.remaining).toBe(3);
      expect((await take(noon, settle(5))).states[0]?.remaining).toBe(0);
      expect((await peek(noon, quota())).states[0]?.remaining).toBe(1);
      await store.reset();
      await take(noon, quota({ cost: 3 }));
      expect((await take(noon, settle(1))).states[0]?.remaining).toBe(0);
      expect((await peek(noon, quota())).states[0]?.remaining).toBe(2);
    });

    test('settling with the figures of a past month changes nothing', async () => {
      await take(december * second, quota());
      await take(december * second, settle(5));
      expect(await take(december * second, quota())).toMatchObject({
        admitted: true,
        states: [{ remaining: 3 }],
      });
      expect((await take((december + 5) * second, quota())).states[0]?.needsSettlement).toBe(true);
    });

    test('a clock that steps back does not stop the settling', async () => {
      await take(noon, quota());
      expect((await take(noon - 3_600 * second, quota())).states[0]?.needsSettlement).toBe(true);
    });

    test('in shadow a limit is evaluated and counted when it passes, and refuses no call', async () => {
      const both = () => take(noon, rate(1, true, 'watched'), rate(3, false));
      expect(await both()).toMatchObject({ admitted: true, states: [{ remaining: 0 }, { remaining: 2 }] });
      expect(await both()).toMatchObject({
        admitted: true,
        states: [{ result: 'refused', remaining: 0 }, { remaining: 1 }],
      });
      await both();
      expect(await both()).toMatchObject({
        admitted: false,
        states: [{ result: 'refused' }, { result: 'refused' }],
      });
      const freed = noon + 3_600 * second;
      await take(freed, rate(1, false, 'full'));
      expect((await take(freed, rate(1, true, 'watched'), rate(1, false, 'full'))).admitted).toBe(false);
      expect((await peek(freed, rate(1, true, 'watched'))).states[0]?.remaining).toBe(1);
    });

    test('a peek evaluates as the call would, and changes nothing', async () => {
      const limits = [rate(1, false), quota({ perMonth: 1 })];
      for (let i = 0; i < 3; i += 1) {
        expect(await peek(noon, ...limits)).toMatchObject({
          admitted: true,
          states: [{ remaining: 1 }, { remaining: 1, needsSettlement: false }],
        });
      }
      expect((await take(noon, ...limits)).states[1]?.needsSettlement).toBe(true);
      expect(await peek(noon, ...limits)).toMatchObject({
        admitted: false,
        states: [{ result: 'refused' }, { result: 'refused' }],
      });
    });
  });
});

test('months by name and end: the day is in its month, and months are contiguous', () => {
  const law = fc.property(
    fc.integer({ min: 0, max: 4_000_000_000 }),
    fc.integer({ min: 1, max: 31 }),
    (now, startDay) => {
      const end = monthEndSeconds(now, startDay);
      const begin = Date.parse(monthName(now, startDay)) / 1_000;
      expect(begin).toBeLessThanOrEqual(now);
      expect(end).toBeGreaterThan(now);
      expect(Date.parse(monthName(end, startDay)) / 1_000).toBe(end);
      expect(monthName(end - 1, startDay)).toBe(monthName(now, startDay));
      expect((end - begin) / 86_400).toBeGreaterThanOrEqual(28);
      expect((end - begin) / 86_400).toBeLessThanOrEqual(31);
    },
  );
  fc.assert(law);
  expect(monthName(noon / second, 1)).toBe('2026-11');
  expect(monthName(noon / second, 21)).toBe('2026-10-21');
});
