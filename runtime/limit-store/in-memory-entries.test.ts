import { expect, test } from 'vitest';
import { createInMemoryLimitStore, MemoryEntries } from './in-memory-entries.ts';
import { takeInMemory } from './in-memory-limits.ts';
import { decodeReply } from './limit-script-wire.ts';
import type { LimitStoreRequest } from './limit-store.ts';

const callOf = (caller: string): LimitStoreRequest => ({
  caller,
  checks: [{ kind: 'rate', name: 'user', requests: 1, periodSeconds: 1, burst: 1, cost: 1 }],
});

test('counts by the clock it is given', async () => {
  let now = 1_000;
  const store = createInMemoryLimitStore(() => now, new MemoryEntries(10));
  expect(await store.take(callOf('a'))).toMatchObject({ admitted: true });
  expect(await store.take(callOf('a'))).toMatchObject({ admitted: false });
  now = 2_000;
  expect(await store.take(callOf('a'))).toMatchObject({ admitted: true });
});

test('keeps a bounded number of entries, and drops those written first', async () => {
  const entries = new MemoryEntries(2);
  const store = createInMemoryLimitStore(() => 0, entries);
  for (const caller of ['a', 'b', 'c']) await store.take(callOf(caller));
  expect(entries.size).toBe(2);
  expect(await store.take(callOf('c'))).toMatchObject({ admitted: false });
  expect(await store.take(callOf('a'))).toMatchObject({ admitted: true });
});

test('a sweep removes expired entries, and no others', async () => {
  const entries = new MemoryEntries(10);
  const store = createInMemoryLimitStore(() => 0, entries);
  await store.take(callOf('a'));
  entries.sweep(999_999);
  expect(entries.size).toBe(1);
  entries.sweep(1_000_000);
  expect(entries.size).toBe(0);
});

test.each([
  ['an unknown check', ['take', 'wish', '1']],
  ['a missing number', ['take', 'rate', '1000', '1']],
  ['a malformed number', ['take', 'quota', '1', 'many', '1']],
])('refuses arguments with %s', (_, args) => {
  expect(() => takeInMemory(new MemoryEntries(1), ['key'], args, 0)).toThrow(RangeError);
});

test.each([
  ['nothing', undefined],
  ['too short', [1, 0, 1, 0, 0]],
  ['too long', [1, 0, 1, 0, 0, 0, 0]],
  ['an unknown verdict', [1, 3, 1, 0, 0, 0]],
  ['no numbers', ['1', '0', '1', '0', '0', '0']],
])('refuses a reply that is %s', (_, reply) => {
  expect(decodeReply(reply, 1)).toBeUndefined();
});
