import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { weightedChoice } from './weighted-choice.ts';

test('takes each value exactly in proportion over one round of the weights', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 5 }), (weights) => {
      const next = weightedChoice(weights.map((weight, value) => ({ value, weight })));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const taken = weights.map(() => 0);
      for (let turn = 0; turn < total; turn += 1) {
        const value = next();
        if (value !== undefined) taken[value] = (taken[value] ?? 0) + 1;
      }
      expect(taken).toEqual(weights);
    }),
  );
});

test('takes nothing when every weight is zero', () => {
  expect(weightedChoice([{ value: 'a', weight: 0 }])()).toBeUndefined();
});
