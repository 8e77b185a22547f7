import { expect, test } from 'vitest';
import type { Item, Table } from './dynamodb.ts';
import { createUsageReader } from './usage-reader.ts';

const now = Date.UTC(2026, 10, 20);
const item = (clientId: string, month: string, more: Item = {}): Item => ({
  clientId: { S: clientId },
  month: { S: month },
  requests: { N: '80' },
  bytes: { N: '900' },
  application: { S: 'web' },
  userId: { S: 'ada' },
  plan: { S: 'free' },
  allowedRequests: { S: '100' },
  allowedBytes: { S: 'unlimited' },
  ...more,
});
const readerOf = (items: readonly Item[]) => {
  const table: Pick<Table, 'scan'> = { scan: () => Promise.resolve(items) };
  return createUsageReader(table as Table);
};
const usage = { application: 'web', userId: 'ada', plan: 'free', allowedRequests: 100, allowedBytes: null };

test('the usage and the refusals of a caller are one entry, in its current month', async () => {
  const reader = readerOf([
    item('user:a', '2026-11'),
    item('refused#user:a', '2026-11', { requests: { N: '7' } }),
    item('user:a', '2026-10'),
    item('client:b', '2026-11-15'),
    // The month of the 15th of October has ended.
    item('client:b', '2026-10-15'),
  ]);
  expect(await reader.all(now)).toEqual([
    { ...usage, month: '2026-11', requests: 80, bytes: 900, refusals: 7 },
    { ...usage, month: '2026-11-15', requests: 80, bytes: 900, refusals: 0 },
  ]);
});

test('a caller whose calls were all refused has used nothing', async () => {
  const reader = readerOf([item('refused#user:a', '2026-11', { requests: { N: '7' } })]);
  expect(await reader.all(now)).toEqual([{ ...usage, month: '2026-11', requests: 0, bytes: 0, refusals: 7 }]);
});
