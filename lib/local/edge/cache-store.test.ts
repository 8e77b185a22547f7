import { expect, it } from 'vitest';
import { HeaderFields } from '../http/header-fields.ts';
import { CacheStore, type Entry, useOf } from './cache-store.ts';

const entry = (bytes: number, lifetime: Partial<Entry['lifetime']> = {}): Entry => ({
  url: '/a',
  status: 200,
  headers: new HeaderFields(),
  body: Buffer.alloc(bytes),
  lifetime: { freshSeconds: 10, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0, ...lifetime },
  madeMs: 0,
});

it('drops the longest unused entry once the bound is passed', () => {
  const store = new CacheStore(100);
  store.set('a', entry(40));
  store.set('b', entry(40));
  store.get('a');
  store.set('c', entry(40));
  expect([store.get('a'), store.get('b'), store.get('c')].map((found) => found !== undefined)).toEqual([
    true,
    false,
    true,
  ]);
});

it('counts a replaced entry once', () => {
  const store = new CacheStore(100);
  for (let turn = 0; turn < 10; turn += 1) store.set('a', entry(60));
  store.set('b', entry(40));
  expect(store.get('a')).toBeDefined();
});

it('tells what an entry is good for as it ages', () => {
  const stale = entry(0, { staleWhileRevalidateSeconds: 5, staleIfErrorSeconds: 20 });
  expect([9_999, 10_000, 14_999, 15_000, 29_999, 30_000].map((nowMs) => useOf(stale, nowMs))).toEqual([
    'fresh',
    'while-revalidating',
    'while-revalidating',
    'if-error',
    'if-error',
    'expired',
  ]);
  expect(useOf(entry(0, { staleIfErrorSeconds: null }), 1e9)).toBe('if-error');
});
