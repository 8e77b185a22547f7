import { InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import {
  amountText,
  bytesText,
  dayOfMonth,
  duration,
  extraRequests,
  instant,
  monthlyAmount,
  rate,
} from './amounts.ts';

test.each([
  ['150000', 150_000],
  ['150000/month', 150_000],
  ['150k', 150_000],
  ['1.5M', 1_500_000],
  ['15GB', 15_000_000_000],
  ['unlimited', null],
])('an amount of a month: %s', (text, amount) => expect(monthlyAmount(text)).toBe(amount));

test.each([
  ['600/min', { requests: 600, periodSeconds: 60 }],
  ['10/s', { requests: 10, periodSeconds: 1 }],
  ['600/90s', { requests: 600, periodSeconds: 90 }],
  ['none', null],
])('a rate: %s', (text, expected) => expect(rate(text)).toEqual(expected));

test.each([
  ['2026-12-01', '2026-12-01T00:00:00Z'],
  ['2026-12-01T12:30:00Z', '2026-12-01T12:30:00Z'],
  ['2026-12-01T12:30:00+02:00', '2026-12-01T10:30:00Z'],
])('an instant: %s', (text, expected) => expect(instant(text)).toBe(expected));

test('times, grants and days', () => {
  expect([duration('30m'), duration('24h'), duration('0s')]).toEqual([1_800, 86_400, 0]);
  expect([extraRequests('+5000'), extraRequests('5k')]).toEqual([5_000, 5_000]);
  expect([dayOfMonth('1'), dayOfMonth('31')]).toEqual([1, 31]);
});

test.each([
  [monthlyAmount, ['', '0', '-1', '1.5', 'many', '1e3', '15 GB']],
  [rate, ['', '600', '600/0s', '600/day', '/min']],
  [instant, ['', 'tomorrow', '2026-13-01', '2026-12-01T12:00:00']],
  [duration, ['', '5', '5y', '-1h']],
  [extraRequests, ['unlimited', '+0', '++5']],
  [dayOfMonth, ['0', '32', 'x']],
] as const)('%o refuses what it cannot mean', (read, texts) => {
  for (const text of texts) expect(() => read(text)).toThrow(InvalidArgumentError);
});

test('what is shown', () => {
  expect([amountText(1_000_000), amountText(999), amountText(null)]).toEqual([
    '1 000 000',
    '999',
    'unlimited',
  ]);
  expect([bytesText(15e9), bytesText(1_500), bytesText(0)]).toEqual(['15 GB', '1.5 kB', '0 B']);
});
