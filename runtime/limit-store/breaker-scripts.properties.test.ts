import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasRedis, redisNote } from './testing/redis-server.ts';
import { scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';
import { breakerOf, closed, full, noon, open, probe, second } from './testing/test-breaker.ts';

const { memory, script, stores } = scriptsWithTestClock('the scripts on a real server');

describe.each(stores)('whatever one caller does, $name', ({ engine, runs }) => {
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
          await engine.reset();
          const breaker = breakerOf(engine);
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
            // Other callers are admitted, as calls or as probes.
            expect([closed, probe]).toContain((await breaker.admit(now, 0, 'other'))[0]);
            now += 20 * second;
          }
        },
      );
      await fc.assert(law, { numRuns: 60 });
    },
  );
});

describe.runIf(hasRedis)(`the breaker's scripts and their in-memory twins${redisNote}`, () => {
  test('agree on arbitrary histories, with a clock that steps in both directions', async () => {
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
    // Otherwise the histories would not have covered enough.
    expect(seen).toEqual(new Set([closed, probe, open, full]));
  });

  test('no history admits more than five concurrent probes', async () => {
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
