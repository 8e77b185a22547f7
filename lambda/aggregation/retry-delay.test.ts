import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelay } from './retry-delay.ts';

test.each([
  [0, 0, 0],
  [0, 0.5, 25],
  [1, 0.5, 50],
  [4, 0.5, 400],
  [5, 0.5, 500],
  [2_000, 0.5, 500],
])('attempt %i with %d: %d ms', (attempt, random, milliseconds) => {
  expect(retryDelay(attempt, random)).toBe(milliseconds);
});

test('is never negative, and never a second', () => {
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (attempt, random) => {
        expect(retryDelay(attempt, random)).toBeGreaterThanOrEqual(0);
        expect(retryDelay(attempt, random)).toBeLessThan(1_000);
      },
    ),
  );
});
