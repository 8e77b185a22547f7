import { beforeEach, expect, test } from 'vitest';
import { TestScripts } from '../../runtime/limit-store/testing/test-scripts.ts';
import { createPartCache } from './part-cache.ts';
import type { PartCache, SharedPartResult } from './ports.ts';
import { answered } from './testing/composition-fixtures.ts';

let now: number;
let scripts: TestScripts;
let parts: PartCache;
beforeEach(() => {
  now = Date.UTC(2026, 10, 20, 12);
  scripts = new TestScripts(() => now);
  parts = createPartCache(scripts);
});

const keep = { seconds: 10, staleSeconds: 20 };

test('an answer is fresh, then stale, then gone', async () => {
  expect(await parts.read('a')).toBeUndefined();
  await parts.write('a', '{"ü":1}', keep);
  now += 9_999;
  expect(await parts.read('a')).toEqual({ body: '{"ü":1}', ageSeconds: 9, isFresh: true });
  now += 1;
  expect(await parts.read('a')).toEqual({ body: '{"ü":1}', ageSeconds: 10, isFresh: false });
  now += 20_000;
  expect(await parts.read('a')).toBeUndefined();
});

test('keys that differ are separate, however long they are', async () => {
  const long = 'x'.repeat(100_000);
  await parts.write(`user:ada\n${long}1`, 'ada', keep);
  await parts.write(`user:ada\n${long}2`, 'other', keep);
  expect(await parts.read(`user:bob\n${long}1`)).toBeUndefined();
  expect(await parts.read(`user:ada\n${long}1`)).toMatchObject({ body: 'ada' });
});

test('a released lease is free for the next caller', async () => {
  expect(await parts.lease('a', 1_000)).toBe(true);
  await parts.end('a', { kind: 'unshared' }, false);
  expect([await parts.lease('a', 1_000), await parts.lease('a', 1_000)]).toEqual([true, false]);
  expect(await parts.read('a')).toBeUndefined();
});

test('one caller at a time sends a request for a key, until it has written or its time is over', async () => {
  expect(
    await Promise.all([parts.lease('a', 1_000), parts.lease('a', 1_000), parts.lease('b', 1_000)]),
  ).toEqual([true, false, true]);
  await parts.write('a', '1', keep);
  expect(await parts.lease('a', 1_000)).toBe(true);
  now += 999;
  expect(await parts.lease('a', 1_000)).toBe(false);
  now += 1;
  expect(await parts.lease('a', 1_000)).toBe(true);
});

test.each<[SharedPartResult, boolean]>([
  [{ kind: 'failed', reason: 'server-error' }, false],
  [{ kind: 'unshared' }, false],
  [{ kind: 'refused', answer: answered({ title: 'Größer 🛒' }, 404, { 'retry-after': '3' }) }, true],
])('waiting callers see the end %j', async (end, drops) => {
  await parts.write('a', '1', keep);
  await parts.end('a', end, drops);
  now += 20;
  expect(await parts.watch('a')).toEqual({
    cached: drops ? undefined : { body: '1', ageSeconds: 0, isFresh: true },
    ended: { end, ageMilliseconds: 20 },
  });
});

test('a refusal too long to be shared, and a text too long to be kept, make every caller send a request', async () => {
  await parts.end('a', { kind: 'refused', answer: answered('x'.repeat(20_000), 404) }, true);
  await parts.write('b', 'x'.repeat(300_000), keep);
  for (const key of ['a', 'b']) expect((await parts.watch(key)).ended?.end).toEqual({ kind: 'unshared' });
});

test('does not keep a body that is too long', async () => {
  await parts.write('a', 'ü'.repeat(128 * 1024), keep);
  expect(await parts.read('a')).toBeDefined();
  await parts.write('b', 'ü'.repeat(128 * 1024 + 1), keep);
  expect(await parts.read('b')).toBeUndefined();
});

test('an unavailable limit store returns and keeps nothing, and lets every caller send a request', async () => {
  await parts.write('a', '1', keep);
  scripts.isUnavailable = true;
  expect(await parts.read('a')).toBeUndefined();
  expect(await parts.watch('a')).toEqual({ cached: undefined, ended: undefined });
  await parts.write('b', '1', keep);
  expect([await parts.lease('a', 1_000), await parts.lease('a', 1_000)]).toEqual([true, true]);
  scripts.isUnavailable = false;
  expect(await parts.read('b')).toBeUndefined();
});
