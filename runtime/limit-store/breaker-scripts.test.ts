import { describe, expect, test } from 'vitest';
import { scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';
import { breakerOf, closed, full, noon, open, probe, second } from './testing/test-breaker.ts';

const { stores } = scriptsWithTestClock('the scripts on a real server');

describe.each(stores)('a breaker, $name', ({ engine, runs }) => {
  describe.runIf(runs)('follows its rules:', () => {
    const breaker = breakerOf(engine);

    const fail = async (times: number, at: number) => {
      let reply: number[] = [];
      for (let i = 0; i < times; i += 1) reply = await breaker.report(at, 0);
      return reply;
    };
    /** Opens the breaker at noon, and takes probes when it is half-open. */
    const halfOpen = async (probes: number) => {
      await fail(10, noon);
      const leases: number[] = [];
      for (let i = 0; i < probes; i += 1) {
        const [verdict, lease = 0] = await breaker.admit(noon + 30 * second);
        expect(verdict).toBe(probe);
        leases.push(lease);
      }
      return leases;
    };

    test('is closed while nothing was reported', async () => {
      expect(await breaker.admit(noon)).toEqual([closed, 0]);
    });

    test('opens at the tenth failure within ten seconds, for 30 s', async () => {
      for (let i = 0; i < 9; i += 1) expect(await breaker.report(noon + i * second, 0)).toEqual([closed, 0]);
      expect(await breaker.admit(noon + 9 * second)).toEqual([closed, 0]);
      expect(await breaker.report(noon + 9 * second, 0)).toEqual([open, 30 * second]);
      expect(await breaker.admit(noon + 19 * second)).toEqual([open, 20 * second]);
      expect(await breaker.admit(noon + 39 * second - 1)).toEqual([open, 1]);
      expect((await breaker.admit(noon + 39 * second))[0]).toBe(probe);
    });

    test('no longer counts failures that have left the window', async () => {
      await fail(9, noon);
      expect(await fail(9, noon + 10 * second)).toEqual([closed, 0]);
      expect(await fail(1, noon + 19 * second)).toEqual([open, 30 * second]);
    });

    test.each([
      [40, open],
      [41, closed],
      [4_000, closed],
    ])('ten failures among %i successes', async (successes, verdict) => {
      await breaker.admit(noon, successes);
      expect((await fail(10, noon + second))[0]).toBe(verdict);
    });

    test('counts three failures of one caller, and no more', async () => {
      for (let i = 0; i < 100; i += 1) expect(await breaker.report(noon, 0, 'one')).toEqual([closed, 0]);
      expect(await fail(6, noon)).toEqual([closed, 0]);
      expect(await breaker.report(noon + 9 * second, 0, 'one')).toEqual([closed, 0]);
      expect(await fail(1, noon)).toEqual([open, 30 * second]);
    });

    test('opens by failures of four callers', async () => {
      const replies: number[] = [];
      for (let i = 0; i < 12; i += 1) {
        replies.push((await breaker.report(noon + i, 0, `caller-${i % 4}`))[0] ?? -1);
      }
      expect(replies).toEqual([...Array.from({ length: 9 }, () => closed), open, open, open]);
    });

    test('counts failures of a caller again once the earlier ones have left the window', async () => {
      for (let i = 0; i < 9; i += 1) await breaker.report(noon, 0, 'one');
      await fail(6, noon + 10 * second);
      for (let i = 0; i < 3; i += 1)
        expect(await breaker.report(noon + 10 * second, 0, 'one')).toEqual([closed, 0]);
      expect(await fail(1, noon + 10 * second)).toEqual([open, 30 * second]);
    });

    test('admits five probes when half-open, and no more', async () => {
      const leases = await halfOpen(5);
      expect(new Set(leases).size).toBe(5);
      expect(await breaker.admit(noon + 31 * second)).toEqual([full, 0]);
    });

    test('closes after five successful probes, with nothing remembered', async () => {
      const leases = await halfOpen(5);
      const replies: number[] = [];
      for (const lease of leases) {
        replies.push((await breaker.settle(noon + 32 * second, lease, 'passed'))[0] ?? -1);
      }
      expect(replies).toEqual([full, full, full, full, closed]);
      expect(await fail(9, noon + 33 * second)).toEqual([closed, 0]);
    });

    test('opens again after failed probes of two callers, and ignores the other probes', async () => {
      const [first = 0, next = 0, other = 0] = await halfOpen(3);
      const at = noon + 32 * second;
      expect(await breaker.settle(at, first, 'failed', 'one')).toEqual([full, 0]);
      expect(await breaker.settle(at, next, 'failed', 'two')).toEqual([open, 30 * second]);
      expect(await breaker.settle(at, other, 'passed')).toEqual([open, 30 * second]);
      const [verdict] = await breaker.admit(at + 30 * second);
      expect(verdict).toBe(probe);
    });

    test('gives a caller whose probe failed another one 30 s later, and other callers one meanwhile', async () => {
      await halfOpen(0);
      const at = noon + 30 * second;
      for (let round = 0; round < 3; round += 1) {
        const start = at + round * 30 * second;
        const [verdict, lease = 0] = await breaker.admit(start, 0, 'one');
        expect(verdict).toBe(probe);
        expect(await breaker.settle(start, lease, 'failed', 'one')).toEqual([full, 0]);
        expect(await breaker.admit(start + 29 * second, 0, 'one')).toEqual([full, 0]);
        const [other, itsLease = 0] = await breaker.admit(start, 0, 'two');
        expect(other).toBe(probe);
        await breaker.settle(start, itsLease, 'passed', 'two');
      }
    });

    test('gives one caller one place among the probes', async () => {
      await halfOpen(0);
      const [verdict, lease = 0] = await breaker.admit(noon + 30 * second, 0, 'one');
      expect(verdict).toBe(probe);
      expect(await breaker.admit(noon + 30 * second, 0, 'one')).toEqual([full, 0]);
      expect((await breaker.admit(noon + 30 * second, 0, 'two'))[0]).toBe(probe);
      await breaker.settle(noon + 30 * second, lease, 'passed', 'one');
      expect((await breaker.admit(noon + 30 * second, 0, 'one'))[0]).toBe(probe);
    });

    test('frees the place of a probe that never settles when its lease ends', async () => {
      const leases = await halfOpen(5);
      const at = noon + 50 * second;
      expect(await breaker.admit(at - 1)).toEqual([full, 0]);
      for (let i = 0; i < 5; i += 1) {
        const [verdict, lease = 0] = await breaker.admit(at + second);
        expect(verdict).toBe(probe);
        await breaker.settle(at + second, lease, 'passed');
      }
      expect(await breaker.admit(at + second)).toEqual([closed, 0]);
      expect(await breaker.settle(at + second, leases[0] ?? 0, 'failed')).toEqual([closed, 0]);
    });

    test('frees the place of a probe with an unknown outcome', async () => {
      const [lease = 0] = await halfOpen(5);
      expect(await breaker.settle(noon + 31 * second, lease, 'unknown')).toEqual([full, 0]);
      expect((await breaker.admit(noon + 31 * second))[0]).toBe(probe);
    });

    test('ignores results of calls from before it opened', async () => {
      await fail(10, noon);
      expect(await breaker.report(noon + second, 100)).toEqual([open, 29 * second]);
      expect(await breaker.admit(noon + second, 100)).toEqual([open, 29 * second]);
    });

    test('forgets an open breaker that was not used for ten minutes', async () => {
      await fail(10, noon);
      expect((await breaker.admit(noon + 630 * second - 1))[0]).toBe(probe);
      expect(await breaker.admit(noon + 630 * second)).toEqual([closed, 0]);
    });

    test('stays open no longer than a new opening when the clock steps back an hour', async () => {
      await halfOpen(5);
      const before = noon - 3_600 * second;
      expect(await breaker.admit(before)).toEqual([open, 30 * second]);
      await fail(10, noon);
      expect(await breaker.admit(before)).toEqual([open, 30 * second]);
    });

    test('counts each service separately', async () => {
      await fail(10, noon);
      expect(await breakerOf(engine, 'other').admit(noon)).toEqual([closed, 0]);
    });
  });
});
