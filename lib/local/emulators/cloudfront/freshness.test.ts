import { describe, expect, test } from 'vitest';
import { HeaderFields } from '../../http/header-fields.ts';
import { errorSeconds, lifetimeOf } from './freshness.ts';

const cacheControl = (value: string) => HeaderFields.of({ 'cache-control': value });
const ttls = { MinTTL: 0, DefaultTTL: 20, MaxTTL: 100 };

describe('lifetimeOf', () => {
  test.each([
    ['the lesser of max-age and maximum', 'max-age=300', ttls, 100],
    ['max-age within the bounds', 'public, max-age=60', ttls, 60],
    ['s-maxage before max-age', 'max-age=10, s-maxage=30', ttls, 30],
    ['the default without a word of the origin', '', ttls, 20],
    ['the minimum where max-age is below it', 'max-age=1', { ...ttls, MinTTL: 5 }, 5],
    ['the minimum in spite of no-store', 'no-store', { ...ttls, MinTTL: 5 }, 5],
  ])('%s', (_, value, policy, seconds) => {
    expect(lifetimeOf(cacheControl(value), policy, 0)?.freshSeconds).toBe(seconds);
  });

  test.each(['no-store', 'private', 'no-cache', 'private, max-age=60', 'max-age=0'])(
    'keeps nothing for %s',
    (value) => {
      expect(lifetimeOf(cacheControl(value), ttls, 0)).toBeNull();
    },
  );

  test('is null when the maximum TTL is zero', () => {
    expect(lifetimeOf(cacheControl('max-age=60'), { MinTTL: 0, DefaultTTL: 0, MaxTTL: 0 }, 0)).toBeNull();
  });

  test('reads Expires when max-age is missing', () => {
    const headers = HeaderFields.of({ expires: 'Thu, 01 Jan 1970 00:01:00 GMT' });
    expect(lifetimeOf(headers, ttls, 15_000)?.freshSeconds).toBe(45);
  });

  test('reads both stale windows of RFC 5861, and none when stale responses are forbidden', () => {
    expect(
      lifetimeOf(cacheControl('max-age=60, stale-while-revalidate=300, stale-if-error=3600'), ttls, 0),
    ).toEqual({ freshSeconds: 60, staleWhileRevalidateSeconds: 300, staleIfErrorSeconds: 3_600 });
    expect(
      lifetimeOf(cacheControl('max-age=60, stale-while-revalidate=9, must-revalidate'), ttls, 0),
    ).toEqual({
      freshSeconds: 60,
      staleWhileRevalidateSeconds: 0,
      staleIfErrorSeconds: 0,
    });
  });
});

describe('errorSeconds', () => {
  test.each([
    [404, '', 10, 10],
    [404, 'no-store', 10, 0],
    [503, 'no-store', 10, 10],
    [503, 'max-age=60', 10, 60],
    [503, '', 0, 0],
    [403, '', 10, 0],
    [403, 'max-age=60', 10, 60],
    [429, 'max-age=60', 10, 0],
  ])('status %i with "%s" and a minimum of %i s is cached for %i s', (status, value, minimum, seconds) => {
    expect(errorSeconds(status, cacheControl(value), minimum, 86_400)).toBe(seconds);
  });
});
