import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { admitScript, reportScript, settleScript } from './breaker-scripts.ts';
import { hasRedis, redisNote } from './testing/redis-server.ts';
import { type ScriptsWithTestClock, scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';

const second = 1_000_000;
/** 2026-11-20T12:00:00Z in microseconds. */
const noon = Date.UTC(2026, 10, 20, 12) * 1_000;
/**
 * Ten failures in ten seconds that are a fifth of the calls, three at most of one caller; open for 30 s; five probes on
 * leases of 20 s.
 */
const settings = [second, 10, 20, 30 * second, 5, 20 * second, 3].map(String);
const [closed, probe, open, full] = [0, 1, 2, 3];

function breakerOf(twins: ScriptsWithTestClock, key = 'breaker') {
  const ask = async (
    script: typeof admitScript,
    now: number,
    caller: string,
    ...args: (number | string)[]
  ) => {
    const call = { keys: [key, `${key}:${caller}`], args: [...settings, ...args.map(String)] };
    return (await twins.run(script, call, now)) as number[];
  };
  let others = 0;
  /** A caller that was not there before. */
  const another = () => {
    others += 1;
    return `c${others}`;
  };
  return {
    another,
    admit: (now: number, successes = 0, caller = another()) =>
      ask(admitScript, now, caller, successes, caller),
    report: (now: number, successes: number, caller = another()) => ask(reportScript, now, caller, successes),
    settle: (now: number, lease: number, outcome: 'passed' | 'failed' | 'unknown', caller = another()) =>
      ask(settleScript, now, caller, lease, outcome, caller),
  };
}

const { memory, script, stores } = scriptsWithTestClock('the scripts on a real server');

describe.each(stores)('a breaker, $name', ({ twins, runs }) => {
  describe.runIf(runs)('holds its law:', () => {
    const breaker = breakerOf(twins);

    const fail = async (times: number, at: number) => {
      let reply: number[] = [];
      for (let i = 0; i < times; i += 1) reply = await breaker.report(at, 0);
      return reply;
    };
    /** Opens it at noon, and takes probes when it is half-open. */
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

    test('one that nobody has told of anything is closed', async () => {
      expect(await breaker.admit(noon)).toEqual([closed, 0]);
    });

    test('the tenth failure within ten seconds opens it, for 30 s', async () => {
      for (let i = 0; i < 9; i += 1) expect(await breaker.report(noon + i * second, 0)).toEqual([closed, 0]);
      expect(await breaker.admit(noon + 9 * second)).toEqual([closed, 0]);
      expect(await breaker.report(noon + 9 * second, 0)).toEqual([open, 30 * second]);
      expect(await breaker.admit(noon + 19 * second)).toEqual([open, 20 * second]);
      expect(await breaker.admit(noon + 39 * second - 1)).toEqual([open, 1]);
      expect((await breaker.admit(noon + 39 * second))[0]).toBe(probe);
    });

    test('failures that the window has left behind count no more', async () => {
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

    test('three failures of one caller count, and more count for nothing', async () => {
      for (let i = 0; i < 100; i += 1) expect(await breaker.report(noon, 0, 'one')).toEqual([closed, 0]);
      expect(await fail(6, noon)).toEqual([closed, 0]);
      expect(await breaker.report(noon + 9 * second, 0, 'one')).toEqual([closed, 0]);
      expect(await fail(1, noon)).toEqual([open, 30 * second]);
    });

    test('four callers open it', async () => {
      const replies: number[] = [];
      for (let i = 0; i < 12; i += 1) {
        replies.push((await breaker.report(noon + i, 0, `caller-${i % 4}`))[0] ?? -1);
      }
      expect(replies).toEqual([...Array.from({ length: 9 }, () => closed), open, open, open]);
    });

    test('failures of one caller count again when the window has left the earlier ones behind', async () => {
      for (let i = 0; i < 9; i += 1) await breaker.report(noon, 0, 'one');
      await fail(6, noon + 10 * second);
      for (let i = 0; i < 3; i += 1)
        expect(await breaker.report(noon + 10 * second, 0, 'one')).toEqual([closed, 0]);
      expect(await fail(1, noon + 10 * second)).toEqual([open, 30 * second]);
    });

    test('half-open, five probes may go and no more', async () => {
      const leases = await halfOpen(5);
      expect(new Set(leases).size).toBe(5);
      expect(await breaker.admit(noon + 31 * second)).toEqual([full, 0]);
    });

    test('five probes that pass close it, with nothing remembered', async () => {
      const leases = await halfOpen(5);
      const replies: number[] = [];
      for (const lease of leases) {
        replies.push((await breaker.settle(noon + 32 * second, lease, 'passed'))[0] ?? -1);
      }
      expect(replies).toEqual([full, full, full, full, closed]);
      expect(await fail(9, noon + 33 * second)).toEqual([closed, 0]);
    });

    test('failed probes of two callers open it again, and the other probes count for nothing', async () => {
      const [first = 0, next = 0, other = 0] = await halfOpen(3);
      const at = noon + 32 * second;
      expect(await breaker.settle(at, first, 'failed', 'one')).toEqual([full, 0]);
      expect(await breaker.settle(at, next, 'failed', 'two')).toEqual([open, 30 * second]);
      expect(await breaker.settle(at, other, 'passed')).toEqual([open, 30 * second]);
      const [verdict] = await breaker.admit(at + 30 * second);
      expect(verdict).toBe(probe);
    });

    test('a caller whose probe failed gets another one 30 s later, and others meanwhile', async () => {
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

    test('one caller has one place among the probes', async () => {
      await halfOpen(0);
      const [verdict, lease = 0] = await breaker.admit(noon + 30 * second, 0, 'one');
      expect(verdict).toBe(probe);
      expect(await breaker.admit(noon + 30 * second, 0, 'one')).toEqual([full, 0]);
      expect((await breaker.admit(noon + 30 * second, 0, 'two'))[0]).toBe(probe);
      await breaker.settle(noon + 30 * second, lease, 'passed', 'one');
      expect((await breaker.admit(noon + 30 * second, 0, 'one'))[0]).toBe(probe);
    });

    test('a probe that never settles gives its place back when its lease ends', async () => {
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

    test('a probe of which nothing is known gives its place back', async () => {
      const [lease = 0] = await halfOpen(5);
      expect(await breaker.settle(noon + 31 * second, lease, 'unknown')).toEqual([full, 0]);
      expect((await breaker.admit(noon + 31 * second))[0]).toBe(probe);
    });

    test('what went through before it opened changes nothing of it', async () => {
      await fail(10, noon);
      expect(await breaker.report(noon + second, 100)).toEqual([open, 29 * second]);
      expect(await breaker.admit(noon + second, 100)).toEqual([open, 29 * second]);
    });

    test('an open one that nobody has asked for ten minutes is forgotten', async () => {
      await fail(10, noon);
      expect((await breaker.admit(noon + 630 * second - 1))[0]).toBe(probe);
      expect(await breaker.admit(noon + 630 * second)).toEqual([closed, 0]);
    });

    test('a clock that steps back an hour keeps it open no longer than a new opening', async () => {
      await halfOpen(5);
      const before = noon - 3_600 * second;
      expect(await breaker.admit(before)).toEqual([open, 30 * second]);
      await fail(10, noon);
      expect(await breaker.admit(before)).toEqual([open, 30 * second]);
    });

    test('one service does not count for another', async () => {
      await fail(10, noon);
      expect(await breakerOf(twins, 'other').admit(noon)).toEqual([closed, 0]);
    });
  });
});

describe.each(stores)('whatever one caller does, $name', ({ twins, runs }) => {
  const act = fc.record({
    gap: fc.oneof(fc.constant(0), fc.nat(second), fc.nat(40 * second)),
    failures: fc.nat(15),
    probes: fc.nat(6),
  });

  test.runIf(runs)(
    'no history of its calls opens a closed breaker, nor opens a half-open one again',
    async () => {
      const law = fc.asyncProperty(
        fc.boolean(),
        fc.array(act, { minLength: 1, maxLength: 15 }),
        async (isOpen, acts) => {
          await twins.reset();
          const breaker = breakerOf(twins);
          for (let i = 0; i < (isOpen ? 10 : 0); i += 1) await breaker.report(noon, 0);
          let now = noon + 30 * second;
          for (const { gap, failures, probes } of acts) {
            now += gap;
            for (let i = 0; i < failures; i += 1) {
              expect((await breaker.report(now, 0, 'one'))[0]).not.toBe(open);
            }
            for (let i = 0; i < probes; i += 1) {
              const [verdict, lease = 0] = await breaker.admit(now, 0, 'one');
              if (verdict !== probe) continue;
              expect((await breaker.settle(now, lease, 'failed', 'one'))[0]).not.toBe(open);
            }
            // Others get through, or to probe.
            expect([closed, probe]).toContain((await breaker.admit(now, 0, 'other'))[0]);
            now += 20 * second;
          }
        },
      );
      await fc.assert(law, { numRuns: 60 });
    },
  );
});

describe.runIf(hasRedis)(`the breaker's scripts and their twins${redisNote}`, () => {
  test('agree on arbitrary histories, with a clock that steps either way', async () => {
    const step = fc.record({
      caller: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
      gap: fc.oneof(
        { weight: 6, arbitrary: fc.integer({ min: 0, max: 2 * second }) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 40 * second }) },
        { weight: 1, arbitrary: fc.integer({ min: -700 * second, max: 700 * second }) },
      ),
      what: fc.oneof(
        fc.record({ kind: fc.constant('admit' as const), successes: fc.integer({ min: 0, max: 5 }) }),
        fc.record({
          kind: fc.constant('report' as const),
          successes: fc.integer({ min: 0, max: 2 }),
        }),
        fc.record({
          kind: fc.constant('settle' as const),
          which: fc.nat(20),
          outcome: fc.constantFrom(
            'passed' as const,
            'passed' as const,
            'failed' as const,
            'unknown' as const,
          ),
        }),
      ),
    });
    const seen = new Set<number | undefined>();
    const history = fc.array(step, { minLength: 1, maxLength: 60 });
    const law = fc.asyncProperty(fc.boolean(), history, async (isOpen, steps) => {
      await Promise.all([memory.reset(), script.reset()]);
      const [left, right] = [breakerOf(memory), breakerOf(script)];
      for (let i = 0; i < (isOpen ? 10 : 0); i += 1)
        await Promise.all([left.report(noon, 0), right.report(noon, 0)]);
      const leases: number[] = [0];
      let now = noon;
      for (const { gap, what, caller } of steps) {
        now += gap;
        const act = (breaker: typeof left) => {
          if (what.kind === 'admit') return breaker.admit(now, what.successes, caller);
          if (what.kind === 'report') return breaker.report(now, what.successes, caller);
          return breaker.settle(now, leases[what.which % leases.length] ?? 0, what.outcome, caller);
        };
        const reply = await act(left);
        expect(await act(right)).toEqual(reply);
        seen.add(reply[0]);
        if (what.kind === 'admit' && reply[0] === probe) leases.push(reply[1] ?? 0);
      }
    });
    await fc.assert(law, { numRuns: 300 });
    // Otherwise the histories would have agreed on too little.
    expect(seen).toEqual(new Set([closed, probe, open, full]));
  });

  test('no history lets more than five probes go at once', async () => {
    const law = fc.asyncProperty(
      fc.array(fc.record({ gap: fc.nat(8 * second), settles: fc.boolean() }), { maxLength: 80 }),
      async (steps) => {
        await memory.reset();
        const breaker = breakerOf(memory);
        for (let i = 0; i < 10; i += 1) await breaker.report(noon, 0);
        let now = noon;
        let live: number[] = [];
        for (const { gap, settles } of steps) {
          now += gap;
          live = live.filter((lease) => lease > now);
          const [verdict, lease = 0] = await breaker.admit(now);
          if (verdict === probe) live.push(lease);
          expect(live.length).toBeLessThanOrEqual(5);
          const first = live[0];
          if (settles && first !== undefined) {
            await breaker.settle(now, first, 'unknown');
            live.shift();
          }
        }
      },
    );
    await fc.assert(law, { numRuns: 200 });
  });
});
