import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasRedis, redisNote } from '../../../runtime/limit-store/testing/redis-server.ts';
import {
  type ScriptsWithTestClock,
  scriptsWithTestClock,
} from '../../../runtime/limit-store/testing/scripts-with-test-clock.ts';
import { inMemoryStockScripts } from './in-memory-stock-scripts.ts';
import { holdStockScript, loadStockScript, readStockScript, settleStockScript } from './stock-scripts.ts';

const second = 1_000_000;
const term = 900 * second;
const step = 5 * second;
/** 2026-11-20T12:00:00Z in microseconds. */
const noon = Date.UTC(2026, 10, 20, 12) * 1_000;

const stockOf = (engine: ScriptsWithTestClock) => ({
  hold: (now: number, id: string, lines: Readonly<Record<string, number>>, least = 0) =>
    engine.run(
      holdStockScript,
      {
        keys: [`hold:${id}`, ...Object.keys(lines)],
        args: [term, step, least, ...Object.values(lines)].map(String),
      },
      now,
    ),
  settle: (
    now: number,
    id: string,
    ends: number,
    lines: Readonly<Record<string, readonly [number, number, number]>>,
  ) =>
    engine.run(
      settleStockScript,
      {
        keys: [`hold:${id}`, ...Object.keys(lines)],
        args: [ends, ...Object.values(lines).flat()].map(String),
      },
      now,
    ),
  load: (
    now: number,
    product: string,
    [version, units]: readonly [number, number],
    holds: Readonly<Record<string, readonly [number, number]>> = {},
  ) =>
    engine.run(
      loadStockScript,
      {
        keys: [product, ...Object.keys(holds).map((id) => `hold:${id}`)],
        args: [version, units, ...Object.values(holds).flat()].map(String),
      },
      now,
    ),
  read: (now: number, product: string) => engine.run(readStockScript, { keys: [product], args: [] }, now),
});

const { memory, script, stores } = scriptsWithTestClock('the scripts on a real server', inMemoryStockScripts);

describe.each(stores)('stock, $name', ({ engine, runs }) => {
  describe.runIf(runs)('holds its law:', () => {
    const stock = stockOf(engine);

    test('a product that is not there is to be loaded, and nothing is held before', async () => {
      await stock.load(noon, 'q', [1, 5]);
      expect(await stock.hold(noon, 'a', { p: 1, q: 1, r: 1 })).toEqual([2, [0, 2]]);
      expect(await stock.read(noon, 'p')).toBeNull();
      expect(await stock.read(noon, 'q')).toEqual([5, 0]);
    });

    test('all lines are held or none, once, until the same moment', async () => {
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

    test('what has ended is free by itself, at the next step', async () => {
      await stock.load(noon, 'p', [1, 1]);
      await stock.hold(noon - 1, 'a', { p: 1 });
      expect(await stock.hold(noon + term - 1, 'b', { p: 1 })).toEqual([0, [0]]);
      expect(await stock.hold(noon + term, 'b', { p: 1 })).toEqual([1, noon + 2 * term, [[0, 1]]]);
      expect(await stock.hold(noon + term, 'a', { p: 1 })).toEqual([0, [0]]);
    });

    test('one that has to last longer is taken anew, its own stock included', async () => {
      await stock.load(noon, 'p', [1, 1]);
      await stock.hold(noon, 'a', { p: 1 });
      const late = noon + term - second;
      expect(await stock.hold(late, 'a', { p: 1 }, second)).toEqual([1, noon + term, [[0, 1]]]);
      const ends = noon + 2 * term;
      expect(await stock.hold(late, 'a', { p: 1 }, 2 * second)).toEqual([1, ends, [[0, 1]]]);
    });

    test('a release gives back once, a sale takes the units with it', async () => {
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

    test('an older state of the stock changes nothing', async () => {
      await stock.load(noon, 'p', [3, 7]);
      expect(await stock.load(noon, 'p', [2, 9], { a: [noon + term, 5] })).toEqual([7, 0]);
      await stock.settle(noon, 'b', noon + term, { p: [1, 2, 9] });
      expect(await stock.read(noon, 'p')).toEqual([7, 0]);
    });

    test('a product that was lost comes back with its holds, which can be ended', async () => {
      const holds = { a: [noon + term, 2], b: [noon, 3] } as const;
      expect(await stock.load(noon, 'p', [4, 10], holds)).toEqual([8, 2]);
      expect(await stock.hold(noon, 'a', { p: 2 })).toEqual([1, noon + term, [[8, 2]]]);
      await stock.settle(noon, 'a', noon + term, { p: [2, 4, 10] });
      expect(await stock.read(noon, 'p')).toEqual([10, 0]);
    });
  });
});

type Act = (stock: ReturnType<typeof stockOf>, now: number) => Promise<unknown>;
const id = fc.constantFrom('a', 'b', 'c', 'd');
const quantity = fc.integer({ min: 1, max: 4 });
const version = fc.integer({ min: 1, max: 6 });
const units = fc.integer({ min: 0, max: 9 });
/** Each id always has the same lines. */
const linesOf = (name: string): Readonly<Record<string, number>> =>
  ({ a: { p: 1 }, b: { p: 2, q: 1 }, c: { q: 3 } })[name] ?? { p: 4, q: 4 };

describe.runIf(hasRedis)(`the scripts of stock and their twins${redisNote}`, () => {
  test('agree on arbitrary histories', async () => {
    const act: fc.Arbitrary<Act> = fc.oneof(
      fc.record({ id, least: fc.constantFrom(0, 30 * second) }).map(
        (pick): Act =>
          (stock, now) =>
            stock.hold(now, pick.id, linesOf(pick.id), pick.least),
      ),
      fc.record({ id, version, units, ends: fc.constantFrom(noon + term, noon + term + 5 * step) }).map(
        (pick): Act =>
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
        (pick): Act =>
          (stock, now) =>
            stock.load(now, pick.product, [pick.version, pick.units], { a: [now + term, pick.quantity] }),
      ),
      fc.constantFrom('p', 'q').map(
        (product): Act =>
          (stock, now) =>
            stock.read(now, product),
      ),
    );
    const history = fc.array(fc.tuple(fc.integer({ min: -30, max: 600 }), act), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        await Promise.all([memory.reset(), script.reset()]);
        let now = noon;
        for (const [seconds, take] of steps) {
          now += seconds * second;
          expect(await take(stockOf(script), now)).toEqual(await take(stockOf(memory), now));
        }
      }),
      { numRuns: 200 },
    );
  });
});

/** What the scripts must be equal to: every hold with its end, nothing clever. */
interface Model {
  readonly holds: Map<string, { readonly ends: number; readonly lines: Readonly<Record<string, number>> }>;
  readonly units: Record<string, number>;
  version: number;
}

const reserved = ({ holds }: Model, product: string, now: number) =>
  [...holds.values()].reduce((sum, { ends, lines }) => sum + (ends > now ? (lines[product] ?? 0) : 0), 0);

type Step =
  | { readonly kind: 'hold' | 'release' | 'sell'; readonly id: string }
  | { readonly kind: 'deliver'; readonly product: string; readonly units: number }
  | { readonly kind: 'lose' };

/** What came of a step, and what the model has foretold. */
type Outcome = readonly [outcome: unknown, foretold: unknown];

/** Takes one step at the store, as the inventory does, and in the model, which foretells the outcome. */
async function take(model: Model, engine: ScriptsWithTestClock, taken: Step, now: number): Promise<Outcome> {
  const stock = stockOf(engine);
  const state = (product: string) => [model.version, model.units[product] ?? 0] as const;
  const settle = async (name: string) => {
    const ends = model.holds.get(name)?.ends ?? 0;
    model.holds.delete(name);
    model.version += 1;
    const lines = Object.entries(linesOf(name)).map(([product, count]) => [
      product,
      [count, ...state(product)] as const,
    ]);
    await stock.settle(
      now,
      name,
      ends,
      Object.fromEntries(lines) as Record<string, [number, number, number]>,
    );
  };
  switch (taken.kind) {
    case 'hold': {
      const lines = linesOf(taken.id);
      const isLive = (model.holds.get(taken.id)?.ends ?? 0) > now;
      const fits = Object.entries(lines).every(
        ([product, count]) => reserved(model, product, now) + count <= (model.units[product] ?? 0),
      );
      // Exactly when there is enough: neither sold twice nor refused in vain.
      if (!isLive && fits) {
        model.holds.set(taken.id, { ends: Math.ceil((now + term) / step) * step, lines });
      }
      const [outcome, ends] = (await stock.hold(now, taken.id, lines)) as [number, unknown];
      const foretold = isLive || fits ? [1, model.holds.get(taken.id)?.ends] : [0, ends];
      return [[outcome, ends], foretold];
    }
    case 'release':
      await settle(taken.id);
      return [null, null];
    case 'sell': {
      const hold = model.holds.get(taken.id);
      if (hold === undefined || hold.ends <= now) return [null, null];
      for (const [product, count] of Object.entries(hold.lines)) {
        model.units[product] = (model.units[product] ?? 0) - count;
      }
      await settle(taken.id);
      return [null, null];
    }
    case 'deliver':
      model.units[taken.product] = (model.units[taken.product] ?? 0) + taken.units;
      model.version += 1;
      await stock.load(now, taken.product, state(taken.product));
      return [null, null];
    default: {
      await engine.reset();
      for (const product of ['p', 'q']) {
        const holds = [...model.holds].filter(([, { lines }]) => lines[product] !== undefined);
        const known = holds.map(([name, { ends, lines }]) => [name, [ends, lines[product] ?? 0] as const]);
        await stock.load(
          now,
          product,
          state(product),
          Object.fromEntries(known) as Record<string, [number, number]>,
        );
      }
      return [null, null];
    }
  }
}

describe.each(stores)('reservations, $name', ({ engine, runs }) => {
  test.runIf(runs)('whatever happens in whatever order, nothing is oversold and nothing leaks', async () => {
    const next: fc.Arbitrary<Step> = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('hold', 'hold', 'release', 'sell'), id }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: fc.constant('deliver'),
          product: fc.constantFrom('p', 'q'),
          units: quantity,
        }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose') }) },
    ) as fc.Arbitrary<Step>;
    const history = fc.array(fc.tuple(fc.integer({ min: 0, max: 600 }), next), { maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(history, async (steps) => {
        await engine.reset();
        const model: Model = { holds: new Map(), units: { p: 5, q: 5 }, version: 1 };
        let now = noon;
        await take(model, engine, { kind: 'lose' }, now);
        for (const [seconds, following] of steps) {
          now += seconds * second;
          const [outcome, foretold] = await take(model, engine, following, now);
          expect(outcome).toEqual(foretold);
          for (const product of ['p', 'q']) {
            const held = reserved(model, product, now);
            const available = (model.units[product] ?? 0) - held;
            expect(await stockOf(engine).read(now, product)).toEqual([available, held]);
            expect(available).toBeGreaterThanOrEqual(0);
          }
        }
        now += term + step;
        expect(await stockOf(engine).read(now, 'p')).toEqual([model.units['p'], 0]);
      }),
      { numRuns: 150 },
    );
  });
});
