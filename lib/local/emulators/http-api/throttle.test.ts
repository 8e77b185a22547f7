import { expect, test } from 'vitest';
import { tokenBucket } from './throttle.ts';

test('admits the burst at once and then the rate', () => {
  let now = 0;
  const take = tokenBucket(2, 3, () => now);
  expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
  now = 500;
  expect([take(), take()]).toEqual([true, false]);
  now = 60_000;
  expect([take(), take(), take(), take()]).toEqual([true, true, true, false]);
});

test('adds no tokens when the clock steps back', () => {
  let now = 10_000;
  const take = tokenBucket(1, 1, () => now);
  expect(take()).toBe(true);
  now = 0;
  expect(take()).toBe(false);
});
