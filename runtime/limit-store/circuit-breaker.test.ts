import { expect, test } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';

const breaker = () => new CircuitBreaker({ failuresToOpen: 2, cooldownMilliseconds: 100 });

test('opens after failures in a row, and only then', () => {
  const it = breaker();
  it.recordFailure(0);
  it.recordSuccess();
  it.recordFailure(0);
  expect([it.isOpen, it.admits(0)]).toEqual([false, true]);
  it.recordFailure(0);
  expect([it.isOpen, it.admits(99)]).toEqual([true, false]);
});

test('admits one probe per cool-down, also when a probe never ends', () => {
  const it = breaker();
  it.recordFailure(0);
  it.recordFailure(0);
  expect([100, 101, 199, 200, 201].map((at) => it.admits(at))).toEqual([true, false, false, true, false]);
});

test('closes after a successful probe, and stays open after a failed one', () => {
  const it = breaker();
  it.recordFailure(0);
  it.recordFailure(0);
  expect(it.admits(100)).toBe(true);
  it.recordFailure(150);
  expect(it.admits(249)).toBe(false);
  expect(it.admits(250)).toBe(true);
  it.recordSuccess();
  expect([it.admits(250), it.admits(250), it.isOpen]).toEqual([true, true, false]);
});
