import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ScriptsWithTestClock,
  scriptsWithTestClock,
} from '../../../runtime/limit-store/testing/scripts-with-test-clock.ts';
import { inMemoryStockScripts } from './in-memory-stock-scripts.ts';
import { linesOf, noon, second, step, stockOf, term } from './testing/stock-calls.ts';

const { stores } = scriptsWithTestClock('the scripts on a real server', inMemoryStockScripts);

const id = fc.constantFrom('a', 'b', 'c', 'd');
const quantity = fc.integer({ min: 1, max: 4 });

/** A simple model of the scripts: a list of holds, each with its expiry. */
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

/** The reply of the scripts to a step, and the reply that the model expects. */
type Outcome = readonly [actual: unknown, expected: unknown];

/** Runs one step in the limit store, as the inventory service does, and in the model. */
async function run(model: Model, scripts: ScriptsWithTestClock, action: Step, now: number): Promise<Outcome> {
  const stock = stockOf(scripts);
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
  switch (action.kind) {
    case 'hold': {
      const lines = linesOf(action.id);
      const isLive = (model.holds.get(action.id)?.ends ?? 0) > now;
      const fits = Object.entries(lines).every(
        ([product, count]) => reserved(model, product, now) + count <= (model.units[product] ?? 0),
      );
      // A hold succeeds if and only if there are enough units.
      if (!isLive && fits) {
        model.holds.set(action.id, { ends: Math.ceil((now + term) / step) * step, lines });
      }
      const [kind, ends] = (await stock.hold(now, action.id, lines)) as [number, unknown];
      const expected = isLive || fits ? [1, model.holds.get(action.id)?.ends] : [0, ends];
      return [[kind, ends], expected];
    }
    case 'release':
      await settle(action.id);
      return [null, null];
    case 'sell': {
      const hold = model.holds.get(action.id);
      if (hold === undefined || hold.ends <= now) return [null, null];
      for (const [product, count] of Object.entries(hold.lines)) {
        model.units[product] = (model.units[product] ?? 0) - count;
      }
      await settle(action.id);
      return [null, null];
    }
    case 'deliver':
      model.units[action.product] = (model.units[action.product] ?? 0) + action.units;
      model.version += 1;
      await stock.load(now, action.product, state(action.product));
      return [null, null];
    default: {
      await scripts.reset();
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

describe.each(stores)('reservations, $name', ({ engine: scripts, runs }) => {
  test.runIf(runs)('never oversell stock and never leak units, after any history', async () => {
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
        await scripts.reset();
        const model: Model = { holds: new Map(), units: { p: 5, q: 5 }, version: 1 };
        let now = noon;
        await run(model, scripts, { kind: 'lose' }, now);
        for (const [seconds, following] of steps) {
          now += seconds * second;
          const [actual, expected] = await run(model, scripts, following, now);
          expect(actual).toEqual(expected);
          for (const product of ['p', 'q']) {
            const held = reserved(model, product, now);
            const available = (model.units[product] ?? 0) - held;
            expect(await stockOf(scripts).read(now, product)).toEqual([available, held]);
            expect(available).toBeGreaterThanOrEqual(0);
          }
        }
        now += term + step;
        expect(await stockOf(scripts).read(now, 'p')).toEqual([model.units['p'], 0]);
      }),
      { numRuns: 150 },
    );
  });
});
