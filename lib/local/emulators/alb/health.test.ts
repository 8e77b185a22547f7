import { expect, test } from 'vitest';
import { type Health, initialHealth, nextHealth, statusMatcher } from './health.ts';

const thresholds = { healthy: 3, unhealthy: 2 };
const after = (checks: readonly boolean[], from: Health = initialHealth) =>
  checks.reduce((health, passed) => nextHealth(health, passed, thresholds), from).state;

test.each([
  ['its first passed check makes a target healthy', [true], 'healthy'],
  ['one failure leaves a healthy target', [true, false], 'healthy'],
  ['failures in a row take it out', [true, false, false], 'unhealthy'],
  ['a success between starts the count again', [true, false, true, false], 'healthy'],
  ['two successes do not bring it back', [true, false, false, true, true], 'unhealthy'],
  ['three do', [true, false, false, true, true, true], 'healthy'],
  ['a target that never came up stays on trial', [false, false, false], 'initial'],
])('%s', (_, checks, state) => {
  expect(after(checks)).toBe(state);
});

test('matches lists and ranges of status codes', () => {
  const matches = statusMatcher('200-202, 301');
  expect([199, 200, 202, 203, 301].map(matches)).toEqual([false, true, true, false, true]);
});
