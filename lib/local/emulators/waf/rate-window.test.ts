import { expect, it } from 'vitest';
import { rateWindow } from './rate-window.ts';

it('lets the limit through in a window, each key by itself', () => {
  let now = 0;
  const over = rateWindow(3, 60, () => now);
  expect([over('a'), over('a'), over('a'), over('a'), over('b')]).toEqual([false, false, false, true, false]);
  now = 59_999;
  expect(over('a')).toBe(true);
  now = 60_000;
  expect(over('a')).toBe(false);
});
