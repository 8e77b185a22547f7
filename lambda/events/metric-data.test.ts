import { expect, test } from 'vitest';
import { isTimely, metricCalls } from './metric-data.ts';
import type { MetricSample } from './metric-samples.ts';

const figure = (part: Partial<MetricSample> = {}): MetricSample => ({
  metric: 'OrderToPaymentTime',
  unit: 'Milliseconds',
  dimensions: {},
  timeMs: 0,
  value: 1,
  ...part,
});

test('merges values of one metric and minute into one entry, each distinct one with its count', () => {
  const [call = []] = metricCalls('test', [
    figure({ value: 5 }),
    figure({ value: 7, timeMs: 59_999 }),
    figure({ value: 5, timeMs: 30_000 }),
  ]);
  expect(call).toMatchObject([{ Values: [5, 7], Counts: [2, 1], Timestamp: new Date(0) }]);
});

test('limits an entry to 150 values, and a call to 1000 entries and less than a megabyte', () => {
  const values = Array.from({ length: 301 }, (_, value) => figure({ value }));
  expect(metricCalls('test', values)[0]?.map(({ Values }) => Values.length)).toEqual([150, 150, 1]);

  const minutes = Array.from({ length: 1_001 }, (_, index) => figure({ timeMs: index * 60_000 }));
  expect(metricCalls('test', minutes).map((call) => call.length)).toEqual([1_000, 1]);

  const long = Array.from({ length: 100_000 }, (_, index) =>
    figure({ timeMs: Math.floor(index / 150) * 60_000, value: index + 0.123_456_789 }),
  );
  const calls = metricCalls('test', long);
  expect(calls.length).toBeGreaterThan(1);
  for (const call of calls) expect(JSON.stringify(call).length).toBeLessThan(1_000_000);
  expect(calls.flat().reduce((total, { Counts }) => total + Counts.length, 0)).toBe(100_000);
});

test('makes no call without values', () => {
  expect(metricCalls('test', [])).toEqual([]);
});

test('accepts times from two weeks back to two hours ahead, less one hour for the delivery', () => {
  const now = Date.UTC(2026, 10, 20);
  const hour = 3_600_000;
  expect([-14 * 24 * hour, -335 * hour, hour, 1.5 * hour].map((by) => isTimely(now + by, now))).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
