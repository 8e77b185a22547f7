import { expect, test } from 'vitest';
import { readAddress } from '../../../runtime/http/client-address.ts';
import { TimedAddresses } from './timed-addresses.ts';

const noon = Date.parse('2026-12-01T12:00:00Z');
const ranges = new TimedAddresses([
  { range: '192.0.2.0/24' },
  { range: '198.51.100.0/24', until: '2026-12-01T12:00:00Z' },
]);
const includes = (text: string, now: number) => {
  const address = readAddress(text);
  return address !== undefined && ranges.includes(address, now);
};

test('a range counts until its instant, exclusive; one without an instant counts always', () => {
  expect(includes('192.0.2.7', noon)).toBe(true);
  expect([noon - 1, noon, noon + 1].map((now) => includes('198.51.100.7', now))).toEqual([
    true,
    false,
    false,
  ]);
  expect(includes('203.0.113.7', noon - 1)).toBe(false);
});
