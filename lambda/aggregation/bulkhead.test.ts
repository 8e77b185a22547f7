import { expect, test } from 'vitest';
import { withBulkhead } from './bulkhead.ts';
import type { UpstreamAnswer, UpstreamCall } from './ports.ts';

const ok: UpstreamAnswer = { kind: 'answer', status: 200, headers: {}, cookies: [], body: Buffer.alloc(0) };
const callOf = (service: string): UpstreamCall => ({
  service,
  method: 'GET',
  path: '/',
  headers: {},
  timeoutMilliseconds: 1_000,
  caller: 'a',
  fullTimeoutMilliseconds: 1_000,
  maxBytes: 1_000,
  signal: new AbortController().signal,
});

test('limits the concurrent calls to one service, and to no other', async () => {
  const waiting: (() => void)[] = [];
  const upstream = withBulkhead({ call: () => new Promise((done) => waiting.push(() => done(ok))) }, 2);
  const first = upstream.call(callOf('review'));
  const second = upstream.call(callOf('review'));
  const full = { kind: 'failed', reason: 'bulkhead-full' };
  expect(await upstream.call(callOf('review'))).toEqual(full);
  const other = upstream.call(callOf('product'));
  for (const proceed of waiting.splice(0)) proceed();
  expect(await Promise.all([first, second, other])).toEqual([ok, ok, ok]);
  const next = upstream.call(callOf('review'));
  for (const proceed of waiting.splice(0)) proceed();
  expect(await next).toEqual(ok);
});
