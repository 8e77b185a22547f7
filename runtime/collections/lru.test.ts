import { expect, test } from 'vitest';
import { LruCache } from './lru.ts';

test('drops the least recently used entries, and no more than necessary', () => {
  const lru = new LruCache<number>(2);
  lru.set('a', 1);
  lru.set('b', 2);
  expect(lru.get('a')).toBe(1);
  lru.set('c', 3);
  expect([lru.get('a'), lru.get('b'), lru.get('c'), lru.size]).toEqual([1, undefined, 3, 2]);
  lru.set('c', 4);
  lru.delete('a');
  expect([lru.get('a'), lru.get('c'), lru.size]).toEqual([undefined, 4, 1]);
});
