import { expect, test } from 'vitest';
import { HeaderFields } from '../../http/header-fields.ts';
import { CacheStore, type Entry, entryUse } from './cache-store.ts';

const entry = (bytes: number, lifetime: Partial<Entry['lifetime']> = {}): Entry => ({
  url: '/a',
  status: 200,
  headers: new HeaderFields(),
  body: Buffer.alloc(bytes),
  lifetime: { freshSeconds: 10, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0, ...lifetime },
  madeMs: 0,
});

test('removes the least recently used entry over the byte limit', () => {
  const store = new CacheStore(9_000, 10);
  store.set('a', entry(3_000));
  store.set('b', entry(3_000));
  store.get('a');
  store.set('c', entry(3_000));
  expect([store.get('a'), store.get('b'), store.get('c')].map((found) => found !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
});

test('holds at most the maximum number of entries', () => {
  const store = new CacheStore(1_000_000_000, 100);
  for (let index = 0; index < 1_000; index += 1) store.set(`key ${index}`, entry(0));
  expect(store.size).toBe(100);
  expect(store.get('key 0')).toBeUndefined();
  expect(store.get('key 999')).toBeDefined();
});

test('counts the bytes of keys, URLs, header fields and bodies', () => {
  const large = 'x'.repeat(10_000);
  const ofHeaders = () => {
    const headers = HeaderFields.of({ 'x-large': large });
    return { ...entry(0), headers };
  };
  for (const [key, made] of [
    ['', ofHeaders],
    ['', () => ({ ...entry(0), url: large })],
    [large, () => entry(0)],
    ['', () => entry(20_000)],
  ] as const) {
    const store = new CacheStore(100_000, 1_000);
    for (let index = 0; index < 100; index += 1) store.set(`${key}${index}`, made());
    expect(store.size).toBeLessThan(5);
    expect(store.size).toBeGreaterThan(2);
    store.invalidate(() => true);
    store.set('small', entry(0));
    expect(store.size).toBe(1);
  }
});

test('counts a replaced entry once', () => {
  const store = new CacheStore(12_000, 10);
  for (let turn = 0; turn < 10; turn += 1) store.set('a', entry(5_000));
  store.set('b', entry(4_000));
  expect(store.get('a')).toBeDefined();
});

test('an ageing entry is fresh, then stale, then expired', () => {
  const stale = entry(0, { staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 20 });
  expect([9_999, 10_000, 14_999, 15_000, 29_999, 30_000].map((nowMs) => entryUse(stale, nowMs))).toEqual([
    'fresh',
    'while-revalidating',
    'while-revalidating',
    'if-error',
    'if-error',
    'expired',
  ]);
  expect(entryUse(entry(0, { staleIfErrorSeconds: null }), 1e9)).toBe('if-error');
});
