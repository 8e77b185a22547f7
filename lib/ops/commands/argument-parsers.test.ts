import { Command, InvalidArgumentError } from 'commander';
import { expect, test } from 'vitest';
import { addNouns } from '../program.ts';
import {
  dayOfMonth,
  duration,
  extraRequests,
  formatAmount,
  formatBytes,
  futureInstant,
  instant,
  monthlyAmount,
  pastInstant,
  rate,
  secondsFromNow,
} from './argument-parsers.ts';
import type { OpsPorts } from './session.ts';

test.each([
  ['150000', 150_000],
  ['150000/month', 150_000],
  ['150k', 150_000],
  ['1.5M', 1_500_000],
  ['4.1M', 4_100_000],
  ['8.2M', 8_200_000],
  ['16.1k', 16_100],
  ['1.005TB', 1_005_000_000_000],
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
  [
    monthlyAmount,
    ['', '0', '-1', '1.5', 'many', '1e3', '15 GB', '1.0001k', '.5k', '1.k', '0.4', '99999999TB', '١'],
  ],
  [rate, ['', '600', '600/0s', '600/day', '/min', '0/s', '1.5/s', '99999999999999999/s']],
  [instant, ['', 'tomorrow', '2026-13-01', '2026-12-01T12:00:00', '2026-02-30', '2026-04-31T10:00:00Z']],
  [duration, ['', '5', '5y', '-1h']],
  [extraRequests, ['unlimited', '+0', '++5']],
  [dayOfMonth, ['0', '32', 'x']],
] as const)('%o refuses what it cannot mean', (read, texts) => {
  for (const text of texts) expect(() => read(text)).toThrow(InvalidArgumentError);
});

test('what is shown', () => {
  expect([formatAmount(1_000_000), formatAmount(999), formatAmount(null)]).toEqual([
    '1 000 000',
    '999',
    'unlimited',
  ]);
  expect([formatBytes(15e9), formatBytes(1_500), formatBytes(0)]).toEqual(['15 GB', '1.5 kB', '0 B']);
});

const now = () => Date.UTC(2026, 10, 30, 12);

test('a time and an instant are read alike, wherever one of them is asked for', () => {
  expect(futureInstant(now)('7d')).toBe('2026-12-07T12:00:00Z');
  expect(futureInstant(now)('2026-12-07')).toBe('2026-12-07T00:00:00Z');
  expect(pastInstant(now)('2h')).toBe('2026-11-30T10:00:00Z');
  expect(pastInstant(now)('2026-11-30T10:00:00Z')).toBe('2026-11-30T10:00:00Z');
  expect(secondsFromNow(now)('10m')).toBe(600);
  expect(secondsFromNow(now)('2026-11-30T12:10:00Z')).toBe(600);
  for (const read of [futureInstant(now), pastInstant(now), secondsFromNow(now)]) {
    for (const text of ['', '5', 'soon', '2026-02-30', '2026-11-30T25:00:00Z']) {
      expect(() => read(text)).toThrow(InvalidArgumentError);
    }
  }
  expect(() => secondsFromNow(now)('2026-11-30T11:00:00Z')).toThrow(InvalidArgumentError);
});

test('no option has a reader that gives null, which commander takes for a missing value', () => {
  const program = new Command();
  const ports = { now } as OpsPorts;
  for (const add of addNouns) add(program, ports);
  const samples = [
    'unlimited',
    'none',
    '5',
    '5000',
    '600/min',
    '7d',
    '2026-12-01',
    '15GB',
    'word',
    '192.0.2.0/24',
    '/',
  ];
  const options = program.commands.flatMap((noun) => noun.commands).flatMap((verb) => verb.options);
  expect(options.length).toBeGreaterThan(50);
  for (const { parseArg, long } of options) {
    for (const text of samples) {
      let value: unknown = '';
      try {
        value = parseArg?.(text, undefined) ?? (parseArg === undefined ? text : null);
      } catch {
        // Refused: not a valid value.
      }
      expect({ long, text, value }).not.toMatchObject({ value: null });
    }
  }
});
