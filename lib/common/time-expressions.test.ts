import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatInstant, parseDuration, parseInstant, wholeProduct } from './time-expressions.ts';

test.each([
  ['2028-02-29', '2028-02-29T00:00:00Z'],
  ['2000-02-29', '2000-02-29T00:00:00Z'],
  ['2026-12-01T12:30Z', '2026-12-01T12:30:00Z'],
  ['2026-12-01T12:30:05.25Z', '2026-12-01T12:30:05.250Z'],
  ['2026-12-01T12:30:00+02:00', '2026-12-01T10:30:00Z'],
  ['2026-12-31T23:59:59-14:00', '2027-01-01T13:59:59Z'],
  ['9999-12-31', '9999-12-31T00:00:00Z'],
])('reads %s', (text, expected) => {
  expect(formatInstant(parseInstant(text) ?? Number.NaN)).toBe(expected);
});

test.each([
  '2026-02-30',
  '2027-02-29',
  '2100-02-29',
  '2026-11-31',
  '2026-04-31T10:00:00Z',
  '2026-00-10',
  '2026-13-01',
  '2026-12-00',
  '2026-12-32',
  '2026-12-01T24:00:00Z',
  '2026-12-01T25:00Z',
  '2026-12-01T12:60:00Z',

  '2026-12-01T12:00:60Z',
  '2026-12-01T12:00:00+24:00',
  '2026-12-01T12:00:00+02:60',
  '2026-12-01T12:00:00+0200',
  '2026-12-01T12:00:00',
  '2026-12-01 12:00:00Z',
  '2026-12-01T12Z',
  '2026-12-1',
  '20261201',
  '1969-12-31',

  '+002026-12-01',
  '9999-12-31T23:59:59-01:00',
  '1970-01-01T00:00:00+01:00',
  '',
  'tomorrow',
  ' 2026-12-01',
])('refuses the instant %j', (text) => {
  expect(parseInstant(text)).toBeUndefined();
});

test('a date is read exactly when the calendar has it', () => {
  const days = fc.record({
    year: fc.integer({ min: 1970, max: 2400 }),
    month: fc.integer({ min: 0, max: 13 }),
    day: fc.integer({ min: 0, max: 32 }),
  });
  fc.assert(
    fc.property(days, ({ year, month, day }) => {
      const two = (number: number) => String(number).padStart(2, '0');
      const text = `${year}-${two(month)}-${two(day)}`;
      const real = new Date(Date.UTC(year, month - 1, day));
      const exists = real.getUTCMonth() === month - 1 && real.getUTCDate() === day;
      expect(parseInstant(text)).toBe(exists ? real.getTime() : undefined);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['0s', 0],
  ['90s', 90],
  ['1.5h', 5_400],
  ['0.25d', 21_600],
  ['7d', 604_800],
])('reads the duration %s', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds);
});

test.each([
  '',
  '5',
  '5y',
  '-1h',
  '1.5s',
  '.5h',
  '1.h',
  '1e2s',
  '40000d',
  '99999999999999s',
  '1h30m',
  ' 1h',
  'h',
])('refuses the duration %j', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test('a decimal times a power of ten is exact, or refused where it is not whole', () => {
  const decimals = fc.record({
    digits: fc.integer({ min: 0, max: 99_999_999 }),
    places: fc.integer({ min: 1, max: 8 }),
  });
  fc.assert(
    fc.property(decimals, fc.integer({ min: 0, max: 12 }), ({ digits, places }, exponent) => {
      const text = String(digits).padStart(places + 1, '0');
      const decimal = `${text.slice(0, -places)}.${text.slice(-places)}`;
      const expected = BigInt(digits) * 10n ** BigInt(exponent);
      const isWhole = expected % 10n ** BigInt(places) === 0n;
      const product = expected / 10n ** BigInt(places);
      const isSafe = product <= BigInt(Number.MAX_SAFE_INTEGER);
      expect(wholeProduct(decimal, 10n ** BigInt(exponent))).toBe(
        isWhole && isSafe ? Number(product) : undefined,
      );
    }),
  );
});
