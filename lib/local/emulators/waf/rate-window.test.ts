import { expect, test } from 'vitest';
import { rateWindow } from './rate-window.ts';

test('allows the limit per key and window', () => {
  let now = 0;
  const over = rateWindow(3, 60, () => now);
  expect([over('a'), over('a'), over('a'), over('a'), over('b')]).toEqual([false, false, false, true, false]);
  now = 59_999;
  expect(over('a')).toBe(true);
  now = 60_000;
  expect(over('a')).toBe(false);
});
