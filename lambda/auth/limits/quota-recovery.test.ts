import { beforeEach, expect, test } from 'vitest';
import { createInMemoryLimitStore, MemoryEntries } from '../../../runtime/limit-store/in-memory-entries.ts';
import type {
  LimitStore,
  LimitStoreReply,
  LimitStoreRequest,
} from '../../../runtime/limit-store/limit-store.ts';
import { noon } from '../../../runtime/tokens/testing/test-issuers.ts';
import { createUsageRebuild, type Usage, type UsageRebuild } from './quota-recovery.ts';

const call: LimitStoreRequest = {
  caller: 'user:ada',
  checks: [
    { kind: 'rate', name: 'user', requests: 60, periodSeconds: 60, burst: 9, cost: 1 },
    { kind: 'quota', name: 'requests', startDay: 1, perMonth: 100, cost: 1 },
    { kind: 'quota', name: 'bytes', startDay: 1, perMonth: 5_000, cost: 0 },
  ],
};

let now: number;
let reads: string[];
let held: Usage | Error | 'never';
let failures: string[];
let store: LimitStore;
let usage: UsageRebuild;
beforeEach(() => {
  now = noon;
  reads = [];
  held = { requests: 42, bytes: 4_000 };
  failures = [];
  store = createInMemoryLimitStore(() => now, new MemoryEntries(100));
  usage = rebuildWith(store, 10_000);
});

function rebuildWith(into: LimitStore, budgetMilliseconds: number): UsageRebuild {
  return createUsageRebuild({
    table: {
      read: (caller, month) => {
        reads.push(`${caller} ${month}`);
        if (held === 'never') return new Promise(() => undefined);
        return held instanceof Error ? Promise.reject(held) : Promise.resolve(held);
      },
    },
    limitStore: into,
    now: () => now,
    budgetMilliseconds,
    onFailure: (reason) => failures.push(reason),
  });
}

const ask = async (asked = call): Promise<LimitStoreReply> => {
  const answer = await store.take(asked);
  if (answer.kind === 'failed') throw new Error(answer.reason);
  return answer;
};
const remaining = async () => (await ask({ ...call, peek: true })).states.map((state) => state.remaining);

test("raises a lost counter to the table's usage, with one read", async () => {
  expect(await usage.settle(call, await ask())).toBe('rebuilt');
  expect(await remaining()).toEqual([8, 58, 1_000]);
  expect(await usage.settle(call, await ask())).toBeUndefined();
  expect(reads).toEqual(['user:ada 2026-11']);
});

test('a new month has nothing to rebuild, and is not read again', async () => {
  held = {};
  expect(await usage.settle(call, await ask())).toBeUndefined();
  now += 3_600_000;
  expect(await usage.settle(call, await ask())).toBeUndefined();
  expect(await remaining()).toEqual([8, 98, 5_000]);
  expect(reads).toHaveLength(1);
});

test('a call without quotas reads nothing', async () => {
  const rates = { ...call, checks: call.checks.slice(0, 1) };
  expect(await usage.settle(rates, await ask(rates))).toBeUndefined();
  expect(reads).toEqual([]);
});

test('reads months of an anniversary by their first day', async () => {
  const anniversary: LimitStoreRequest = {
    ...call,
    checks: [{ kind: 'quota', name: 'requests', startDay: 21, perMonth: 100, cost: 1 }],
  };
  await usage.settle(anniversary, await ask(anniversary));
  expect(reads).toEqual(['user:ada 2026-10-21']);
});

test("uses the limit store's month: a clock that is behind rebuilds no past month", async () => {
  now = Date.UTC(2026, 11, 1) + 2_000;
  const answer = await ask();
  now -= 5_000;
  await usage.settle(call, answer);
  expect(reads).toEqual(['user:ada 2026-12']);
});

test('reports an unavailable table as a failure, which another call retries some seconds later', async () => {
  held = new Error('unavailable');
  expect(await usage.settle(call, await ask())).toBe('failed');
  expect(await usage.settle(call, await ask())).toBeUndefined();
  held = { requests: 42 };
  now += 5_000;
  expect(await usage.settle(call, await ask())).toBe('rebuilt');
  expect(failures).toEqual(['Error: unavailable']);
  expect(reads).toHaveLength(2);
});

test('a table that hangs delays a call no longer than the budget', async () => {
  held = 'never';
  expect(await rebuildWith(store, 1).settle(call, await ask())).toBe('late');
});

test('writes later what was read and could not be written, without another read', async () => {
  let isUnavailable = true;
  const flapping: LimitStore = {
    take: (asked) =>
      isUnavailable ? Promise.resolve({ kind: 'failed', reason: 'unavailable' }) : store.take(asked),
  };
  const rebuild = rebuildWith(flapping, 10_000);
  expect(await rebuild.settle(call, await ask())).toBe('failed');
  isUnavailable = false;
  now += 5_000;
  expect(await rebuild.settle(call, await ask())).toBe('rebuilt');
  expect(reads).toHaveLength(1);
});
