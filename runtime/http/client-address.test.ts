import { isIP } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressList, readAddress } from './client-address.ts';

test.each([
  ['192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ['::FFFF:c000:207', '192.0.2.7', '192.0.2.7'],
  ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2233:4455:6677:8899:aabb', '2001:db8:1:2233:4455:6677:8899:aabb', '2001:db8:1:2200::/56'],
  ['2001:DB8:1:22ff::1', '2001:db8:1:22ff:0:0:0:1', '2001:db8:1:2200::/56'],
  ['2001:db8::', '2001:db8:0:0:0:0:0:0', '2001:db8:0:0::/56'],
  ['::1', '0:0:0:0:0:0:0:1', '0:0:0:0::/56'],
  // NAT64 (RFC 6052) is not a mapped IPv4 address: the address belongs to the translator.
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0:0:0:c000:207', '64:ff9b:0:0::/56'],
])('reads %s as %s of %s', (text, spelling, subscriber) => {
  expect(readAddress(text)).toMatchObject({ text: spelling, subscriber });
});

test.each([
  '',
  '-',
  '192.0.2',
  '192.0.2.256',
  '192.0.2.07',
  '0x7f.1',
  '192.0.2.7:443',
  '[::1]',
  '[::1]:443',
  'fe80::1%eth0',
  '192.0.2.7, 198.51.100.1',
  '::ffff:192.0.2.256',
  'localhost',
])('refuses "%s" as an address', (text) => {
  expect(readAddress(text)).toBeUndefined();
});

test('reads any IPv6 address as itself, in its /56', () => {
  const groups = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, (parts) => {
      fc.pre(!(parts.slice(0, 5).every((part) => part === 0) && parts[5] === 0xffff));
      const full = parts.map((part) => part.toString(16)).join(':');
      const short = new URL(`http://[${full}]`).hostname.slice(1, -1);
      expect(readAddress(short)).toEqual(readAddress(full));
      expect(readAddress(full)?.text).toBe(full);
      const list = new AddressList([readAddress(full)?.subscriber ?? '']);
      expect(list.includes({ text: full, family: 'ipv6', subscriber: '' })).toBe(true);
    }),
  );
});

test('returns a valid address for whatever text it reads', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), (text) => {
      expect(isIP(readAddress(text)?.text ?? '::')).not.toBe(0);
    }),
  );
});

test('matches ranges of both families, and mapped addresses as IPv4', () => {
  const list = new AddressList(['192.0.2.0/24', '2001:db8::/32', '198.51.100.7/32']);
  const includes = (text: string) => {
    const address = readAddress(text);
    return address === undefined ? undefined : list.includes(address);
  };
  expect(['192.0.2.1', '192.0.3.1', '198.51.100.7', '198.51.100.8'].map(includes)).toEqual([
    true,
    false,
    true,
    false,
  ]);
  expect(['::ffff:192.0.2.1', '2001:db8:ffff::1', '2001:db9::1'].map(includes)).toEqual([true, true, false]);
});

test('an empty list matches no address', () => {
  expect(new AddressList([]).includes({ text: '192.0.2.1', family: 'ipv4', subscriber: '' })).toBe(false);
});

test.each(['192.0.2.0', '192.0.2.0/33', '2001:db8::/129', '192.0.2.0/', 'all', '192.0.2.0/-1'])(
  'names the range "%s" that it refuses',
  (range) => {
    expect(() => new AddressList([range])).toThrow(`"${range}" is not a range of addresses.`);
  },
);
