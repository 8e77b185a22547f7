import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMemoryInventoryStore, holdSeconds, type InventoryStore } from './inventory.ts';

const stock = 10;

/** What the store must be equal to: every hold with its end, nothing clever. */
interface Model {
  readonly holds: Map<string, { readonly owner: string; readonly quantity: number; readonly endMs: number }>;
  nowMs: number;
  /** The latest time the store was asked at: its time does not go back. */
  seenMs: number;
  ids: number;
}

const held = ({ holds, seenMs }: Model) =>
  [...holds.values()].reduce((sum, hold) => sum + (hold.endMs > seenMs ? hold.quantity : 0), 0);

type Step =
  | { readonly kind: 'reserve'; readonly owner: string; readonly quantity: number }
  | { readonly kind: 'release'; readonly owner: string; readonly pick: number }
  | { readonly kind: 'pass'; readonly seconds: number }
  | { readonly kind: 'sweep' };

const owner = fc.constantFrom('user:a', 'user:b');
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('reserve'), owner, quantity: fc.integer({ min: 1, max: 6 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('release'), owner, pick: fc.nat(20) }) },
  // Backwards as well: clocks are set.
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('pass'), seconds: fc.integer({ min: -600, max: 1_200 }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
);

/** Takes one step in the store, and in the model, which foretells the outcome. */
async function take(model: Model, store: InventoryStore, next: Step): Promise<readonly [string, string]> {
  switch (next.kind) {
    case 'pass':
      model.nowMs += next.seconds * 1000;
      model.seenMs = Math.max(model.seenMs, model.nowMs);
      return ['', ''];
    case 'sweep':
      await store.sweep();
      return ['', ''];
    case 'reserve': {
      const { owner: ownerId, quantity } = next;
      const id = String(++model.ids);
      // Exactly when there is enough: neither sold twice nor refused in vain.
      const fits = held(model) + quantity <= stock;
      if (fits) model.holds.set(id, { owner: ownerId, quantity, endMs: model.seenMs + holdSeconds * 1000 });
      const outcome = await store.reserve({ id, productId: 'p', ownerId, quantity });
      return [outcome.kind, fits ? 'reserved' : 'short'];
    }
    default: {
      const id = String((next.pick % (model.ids + 1)) + 1);
      const hold = model.holds.get(id);
      const isHeld = hold !== undefined && hold.owner === next.owner && hold.endMs > model.seenMs;
      if (isHeld) model.holds.delete(id);
      const outcome = await store.release('p', id, next.owner);
      return [outcome.kind, isHeld ? 'released' : 'not-held'];
    }
  }
}

describe('reservations', () => {
  test('whatever happens in whatever order, nothing is oversold and nothing leaks', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const model: Model = { holds: new Map(), nowMs: 0, seenMs: 0, ids: 0 };
        const store = createMemoryInventoryStore([{ productId: 'p', stock }], () => model.nowMs);
        for (const next of steps) {
          const [outcome, foretold] = await take(model, store, next);
          expect(outcome).toBe(foretold);
          const level = await store.level('p');
          expect(level).toEqual({ productId: 'p', reserved: held(model), available: stock - held(model) });
          expect(level?.available).toBeGreaterThanOrEqual(0);
        }
        model.nowMs = model.seenMs + holdSeconds * 1000;
        expect(await store.level('p')).toEqual({ productId: 'p', reserved: 0, available: stock });
      }),
      { numRuns: 300 },
    );
  });

  test('a sweep names what has come free, once', async () => {
    let nowMs = 0;
    const store = createMemoryInventoryStore(
      [
        { productId: 'p', stock },
        { productId: 'q', stock },
      ],
      () => nowMs,
    );
    await store.reserve({ id: '1', productId: 'p', ownerId: 'user:a', quantity: 3 });
    nowMs = holdSeconds * 1000 - 1;
    expect(await store.sweep()).toEqual([]);
    nowMs += 1;
    expect(await store.sweep()).toEqual([{ productId: 'p', available: stock, reserved: 0 }]);
    expect(await store.sweep()).toEqual([]);
  });
});
