import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasRedis, redisNote } from '../../../runtime/limit-store/testing/redis-server.ts';
import { scriptsWithTestClock } from '../../../runtime/limit-store/testing/scripts-with-test-clock.ts';
import { inMemoryStockScripts } from './in-memory-stock-scripts.ts';
import { linesOf, noon, second, step, stockOf, term } from './testing/stock-calls.ts';

const { memory, script, stores } = scriptsWithTestClock('the scripts on a real server', inMemoryStockScripts);

describe.each(stores)('stock, $name', ({ engine: scripts, runs }) => {
  describe.runIf(runs)('when holding and settling:', () => {
    const stock = stockOf(scripts);

    test('asks to load a missing product, and holds nothing before', async () => {
      await stock.load(noon, 'q', [1, 5]);
      expect(await stock.hold(noon, 'a', { p: 1, q: 1, r: 1 })).toEqual([2, [0, 2]]);
      expect(await stock.read(noon, 'p')).toBeNull();
      expect(await stock.read(noon, 'q')).toEqual([5, 0]);
    });

    test('holds all lines or none, once, with the same expiry', async () => {
      await stock.load(noon, 'p', [1, 2]);
      await stock.load(noon, 'q', [1, 1]);
      const ends = noon + term;
      const held = [
        [0, 2],
        [0, 1],
      ];
      expect(await stock.hold(noon, 'a', { p: 2, q: 1 })).toEqual([1, ends, held]);
      expect(await stock.hold(noon + 60 * second, 'a', { p: 2, q: 1 })).toEqual([1, ends, held]);
      expect(await stock.hold(noon, 'b', { p: 1, q: 1 })).toEqual([0, [0, 1]]);
    });

    test('frees expired units at the next step', async () => {
      await stock.load(noon, 'p', [1, 1]);
      await stock.hold(noon - 1, 'a', { p: 1 });
      expect(await stock.hold(noon + term - 1, 'b', { p: 1 })).toEqual([0, [0]]);
      expect(await stock.hold(noon + term, 'b', { p: 1 })).toEqual([1, noon + 2 * term, [[0, 1]]]);
      expect(await stock.hold(noon + term, 'a', { p: 1 })).toEqual([0, [0]]);
    });

    test('renews a hold that must last longer, and may reuse its units', async () => {
      await stock.load(noon, 'p', [1, 1]);
      await stock.hold(noon, 'a', { p: 1 });
      const late = noon + term - second;
      expect(await stock.hold(late, 'a', { p: 1 }, second)).toEqual([1, noon + term, [[0, 1]]]);
      const ends = noon + 2 * term;
      expect(await stock.hold(late, 'a', { p: 1 }, 2 * second)).toEqual([1, ends, [[0, 1]]]);
    });

    test('returns units once on a release, and removes them on a sale', async () => {
      await stock.load(noon, 'p', [1, 5]);
      await stock.hold(noon, 'a', { p: 2 });
      await stock.hold(noon, 'b', { p: 2 });
      const ends = noon + term;
      expect(await stock.settle(noon, 'a', ends - step, { p: [2, 1, 5] })).toBe(0);
      expect(await stock.settle(noon, 'a', ends, { p: [2, 1, 5] })).toBe(1);
      expect(await stock.settle(noon, 'a', ends, { p: [2, 1, 5] })).toBe(0);
      expect(await stock.read(noon, 'p')).toEqual([3, 2]);
      await stock.settle(noon, 'b', ends, { p: [2, 2, 3] });
      expect(await stock.read(noon, 'p')).toEqual([3, 0]);
    });

    test('ignores an older version of the stock', async () => {
      await stock.load(noon, 'p', [3, 7]);
      expect(await stock.load(noon, 'p', [2, 9], { a: [noon + term, 5] })).toEqual([7, 0]);
      await stock.settle(noon, 'b', noon + term, { p: [1, 2, 9] });
      expect(await stock.read(noon, 'p')).toEqual([7, 0]);
    });

    test('restores a lost product with its holds, which can be settled', async () => {
      const holds = { a: [noon + term, 2], b: [noon, 3] } as const;
      expect(await stock.load(noon, 'p', [4, 10], holds)).toEqual([8, 2]);
      expect(await stock.hold(noon, 'a', { p: 2 })).toEqual([1, noon + term, [[8, 2]]]);
      await stock.settle(noon, 'a', noon + term, { p: [2, 4, 10] });
      expect(await stock.read(noon, 'p')).toEqual([10, 0]);
    });
  });
});

type Call = (stock: ReturnType<typeof stockOf>, now: number) => Promise<unknown>;
const id = fc.constantFrom('a', 'b', 'c', 'd');
const quantity = fc.integer({ min: 1, max: 4 });
const version = fc.integer({ min: 1, max: 6 });
const units = fc.integer({ min: 0, max: 9 });
describe.runIf(hasRedis)(`the Lua and in-memory stock scripts${redisNote}`, () => {
  test('return the same replies for any history', async () => {
    const call: fc.Arbitrary<Call> = fc.oneof(
      fc.record({ id, least: fc.constantFrom(0, 30 * second) }).map(
        (pick): Call =>
          (stock, now) =>
            stock.hold(now, pick.id, linesOf(pick.id), pick.least),
      ),
      fc.record({ id, version, units, ends: fc.constantFrom(noon + term, noon + term + 5 * step) }).map(
        (pick): Call =>
          (stock, now) =>
            stock.settle(
              now,
              pick.id,
              pick.ends,
              Object.fromEntries(
                Object.entries(linesOf(pick.id)).map(([product, count]) => [
                  product,
                  [count, pick.version, pick.units] as const,
                ]),
              ),
            ),
      ),
      fc.record({ product: fc.constantFrom('p', 'q'), version, units, quantity }).map(
        (pick): Call =>
          (stock, now) =>
            stock.load(now, pick.product, [pick.version, pick.units], { a: [now + term, pick.quantity] }),
      ),
      fc.constantFrom('p', 'q').map(
        (product): Call =>
          (stock, now) =>
            stock.read(now, product),
      ),
    );
    const history = fc.array(fc.tuple(fc.integer({ min: -30, max: 600 }), call), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        await Promise.all([memory.reset(), script.reset()]);
        let now = noon;
        for (const [seconds, run] of steps) {
          now += seconds * second;
          expect(await run(stockOf(script), now)).toEqual(await run(stockOf(memory), now));
        }
      }),
      { numRuns: 200 },
    );
  });
});
