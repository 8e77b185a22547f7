import { expect, test } from 'vitest';
import { TestScripts } from '../../runtime/limit-store/testing/test-scripts.ts';
import { callPart, type Fetched, type RequestContext } from './call-part.ts';
import type { PartCaching } from './contract.ts';
import { createPartCache } from './part-cache.ts';
import type { UpstreamAnswer, UpstreamFailure } from './ports.ts';
import { answered, failed, partOf } from './testing/composition-fixtures.ts';

type Outcome = UpstreamAnswer | UpstreamFailure;
const keeping: PartCaching = { seconds: 10, staleSeconds: 60, shared: 'public' };

/**
 * Callers of one public part with one limit store. Its service holds every call until the test gives an
 * answer.
 */
function shop(cache: PartCaching = keeping) {
  let now = 1_000_000;
  const scripts = new TestScripts(() => now);
  const held: ((outcome: Outcome) => void)[] = [];
  const call = { decision: { userId: 'ada', caller: 'ada' }, headers: {}, requestId: 'r' };
  const context = (): RequestContext => ({
    call: call as never,
    upstream: { call: () => new Promise((resolve) => held.push(resolve)) },
    cache: createPartCache(scripts),
    now: () => now,
    timeoutSeconds: 10,
    endsAt: now + 10_000,
    signal: new AbortController().signal,
    wait: async (milliseconds) => {
      now += milliseconds;
      await new Promise((done) => setImmediate(done));
    },
    random: () => 0,
    log: {} as never,
  });
  const caller = (): Promise<Fetched> =>
    callPart(partOf('a', { timeoutSeconds: 10, cache }), '/a', undefined, context());
  const calls = async (count: number) => {
    while (held.length < count) await new Promise((done) => setImmediate(done));
  };
  const pass = (milliseconds: number) => {
    now += milliseconds;
  };
  return { caller, held, calls, pass, now: () => now };
}

test.each<[string, Outcome, Partial<Fetched>]>([
  ['a 404', answered({ title: 'Not Found' }, 404), { kind: 'refused' }],
  ['a 410', answered({}, 410), { kind: 'refused' }],
  ['a 429', answered({}, 429), { kind: 'refused' }],
  ['a 500', answered({}, 500), { kind: 'failed', reason: 'server-error' }],
  ['a 503', answered({}, 503), { kind: 'failed', reason: 'server-error' }],
  ['a refused connection', failed('connection'), { kind: 'failed', reason: 'connection' }],
  ['an answer that is not JSON', answered('<html>'), { kind: 'failed', reason: 'not-json' }],
])('waiting callers get %s at once, and send no request', async (_, outcome, expected) => {
  const { caller, held, calls, now } = shop();
  const first = caller();
  await calls(1);
  const others = [caller(), caller(), caller()];
  const start = now();
  held[0]?.(outcome);
  for (const each of await Promise.all([first, ...others])) expect(each).toMatchObject(expected);
  expect(held).toHaveLength(1);
  expect(now() - start).toBeLessThan(1_000);
});

test('callers that arrive after an end send a new request', async () => {
  const { caller, held, calls } = shop();
  const first = caller();
  await calls(1);
  held[0]?.(answered({}, 404));
  await first;
  const next = caller();
  await calls(2);
  held[1]?.(answered({ n: 1 }));
  expect(await next).toMatchObject({ kind: 'value', value: { n: 1 }, source: 'service' });
});

test('waiting callers send requests themselves when the first caller has disconnected', async () => {
  const { caller, held, calls } = shop();
  const first = caller();
  await calls(1);
  const other = caller();
  held[0]?.(failed('aborted'));
  await calls(2);
  held[1]?.(answered({ n: 1 }));
  expect([(await first).kind, (await other).kind]).toEqual(['failed', 'value']);
});

test.each([404, 410])('a %i drops the cached answer for all callers', async (status) => {
  const { caller, held, calls, pass } = shop();
  const first = caller();
  await calls(1);
  held[0]?.(answered({ n: 1 }));
  await first;
  pass(11_000);
  const second = caller();
  await calls(2);
  held[1]?.(answered({}, status));
  expect((await second).kind).toBe('refused');
  const third = caller();
  await calls(3);
  held[2]?.(failed('connection'));
  expect(await third).toEqual({ kind: 'failed', reason: 'connection', cached: undefined });
});

test('another refusal keeps the cached answer', async () => {
  const { caller, held, calls, pass } = shop();
  const first = caller();
  await calls(1);
  held[0]?.(answered({ n: 1 }));
  await first;
  pass(11_000);
  const second = caller();
  await calls(2);
  held[1]?.(answered({}, 429));
  await second;
  const third = caller();
  await calls(3);
  held[2]?.(failed('connection'));
  expect(await third).toMatchObject({ kind: 'failed', cached: { body: '{"n":1}' } });
});

test.each<[string, PartCaching['shared'], boolean]>([
  ['no-store', 'public', false],
  ['No-Store', 'identity', false],
  ['private', 'public', false],
  ['private="set-cookie", max-age=60', 'public', false],
  ['private, max-age=60', 'identity', true],
  ['max-age=60 , no-cache', 'public', false],
  ['public, max-age=60', 'public', true],
  ['x-no-store-of-others=1', 'public', true],
])('Cache-Control: %s for a part that is %s: cached %s', async (value, shared, isKept) => {
  const { caller, held, calls } = shop({ ...keeping, shared });
  const first = caller();
  await calls(1);
  const waiting = caller();
  held[0]?.(answered({ n: 1 }, 200, { 'cache-control': value }));
  await first;
  if (!isKept) {
    await calls(2);
    held[1]?.(answered({ n: 2 }));
  }
  expect(await waiting).toMatchObject({ kind: 'value', source: isKept ? 'cache' : 'service' });
});
