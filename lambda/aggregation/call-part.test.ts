import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../runtime/http/lambda-http.ts';
import { callerOf } from './call-part.ts';
import type { Part } from './contract.ts';
import type { CachedPart, UpstreamAnswer, UpstreamFailure } from './ports.ts';
import {
  aggregatorFor,
  answered,
  compositionOf,
  eventOf,
  failed,
  memoryCache,
  partOf,
} from './testing/composition-fixtures.ts';

type Response = UpstreamAnswer | UpstreamFailure;

/** An aggregator of one part whose service gives these answers in turn, and repeats the last one. */
function aggregatorOf(part: Partial<Part>, responses: readonly Response[]) {
  const cached = memoryCache();
  let asked = 0;
  const { aggregate, calls } = aggregatorFor(
    compositionOf([partOf('a', part)]),
    () => responses[Math.min(asked++, responses.length - 1)] ?? failed('connection'),
    cached.cache,
  );
  const answer = async (decision: Record<string, string> = {}, event: Record<string, unknown> = {}) =>
    JSON.parse((await aggregate(eventOf(event, decision))).body) as {
      readonly a: unknown;
      readonly meta: { readonly complete: boolean; readonly parts: { readonly a: unknown } };
    };
  /** Ages the cached answers. */
  const age = (entry: Partial<CachedPart>) => {
    for (const [key, value] of cached.entries) cached.entries.set(key, { ...value, ...entry });
  };
  return { answer, calls, age, ...cached };
}

describe('a retry', () => {
  test.each([
    ['a connection that fails', failed('connection')],
    ['a name that does not resolve', failed('dns')],
    ['a 503', answered({}, 503)],
  ])('is made after %s', async (_, first) => {
    const { answer, calls } = aggregatorOf({ retries: 1 }, [first, answered('yes'), answered(1)]);
    // The second is not JSON, and is not retried.
    expect((await answer()).meta.parts.a).toMatchObject({ status: 'failed', reason: 'not-json' });
    expect(calls).toHaveLength(2);
  });

  test('is not made more often than declared', async () => {
    const { answer, calls } = aggregatorOf({ retries: 2 }, [failed('connection')]);
    await answer();
    expect(calls).toHaveLength(3);
  });

  test.each([
    failed('timeout'),
    failed('breaker-open'),
    failed('bulkhead-full'),
    failed('too-large'),
    answered({}, 404),
    answered({}, 429),
  ])('is not made after $because$status', async (response) => {
    const { answer, calls } = aggregatorOf({ retries: 2 }, [response]);
    await answer();
    expect(calls).toHaveLength(1);
  });

  test('has the remaining time of the part', async () => {
    const { answer, calls } = aggregatorOf({ retries: 2, timeoutSeconds: 2 }, [failed('connection')]);
    await answer();
    const times = calls.map(({ timeoutMilliseconds }) => timeoutMilliseconds);
    expect(times[0]).toBe(2_000);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(times[2]).toBeLessThan(2_000);
  });
});

const cache = { seconds: 10, staleSeconds: 60, shared: 'identity' } as const;

describe('a cached answer', () => {
  test('is used while it is fresh', async () => {
    const { answer, calls, age } = aggregatorOf({ cache }, [answered({ n: 1 })]);
    expect((await answer()).meta.parts.a).toEqual({ status: 'ok', source: 'service', ageSeconds: 0 });
    age({ ageSeconds: 7 });
    expect(await answer()).toMatchObject({
      a: { n: 1 },
      meta: { complete: true, parts: { a: { status: 'ok', source: 'cache', ageSeconds: 7 } } },
    });
    expect(calls).toHaveLength(1);
  });

  test('is refreshed by one caller when it is stale, and used by the others', async () => {
    const { answer, calls, age, leased, entries } = aggregatorOf({ cache }, [
      answered({ n: 1 }),
      answered({ n: 2 }),
    ]);
    await answer();
    age({ ageSeconds: 20, isFresh: false });
    for (const key of entries.keys()) leased.add(key);
    expect(await answer()).toMatchObject({
      a: { n: 1 },
      meta: { complete: true, parts: { a: { status: 'stale', source: 'cache', ageSeconds: 20 } } },
    });
    expect(calls).toHaveLength(1);
    leased.clear();
    expect(await answer()).toMatchObject({ a: { n: 2 }, meta: { parts: { a: { status: 'ok' } } } });
    expect(calls).toHaveLength(2);
  });

  test('replaces the answer of a failing service, when the part allows it', async () => {
    const { answer, age, leased } = aggregatorOf({ cache, fallback: { kind: 'stale' } }, [
      answered({ n: 1 }),
      failed('timeout'),
    ]);
    await answer();
    age({ ageSeconds: 30, isFresh: false });
    expect(await answer()).toMatchObject({
      a: { n: 1 },
      meta: {
        complete: false,
        parts: { a: { status: 'stale', source: 'cache', ageSeconds: 30, reason: 'timeout' } },
      },
    });
    leased.clear();
    const other = aggregatorOf({ cache }, [answered({ n: 1 }), failed('timeout')]);
    await other.answer();
    other.age({ isFresh: false });
    expect((await other.answer()).meta.parts.a).toMatchObject({ status: 'failed', reason: 'timeout' });
  });

  test('belongs to one caller, unless the part is public', async () => {
    const own = aggregatorOf({ cache }, [answered({ n: 1 })]);
    await own.answer();
    await own.answer({ userId: 'bob' });
    await own.answer({ userRole: 'admin' });
    await own.answer({}, { headers: { 'accept-language': 'de' } });
    expect(own.calls).toHaveLength(4);
    const shared = aggregatorOf({ cache: { ...cache, shared: 'public' } }, [answered({ n: 1 })]);
    await shared.answer();
    await shared.answer({ userId: 'bob' });
    expect(shared.calls).toHaveLength(1);
  });

  test('is missing when the service refuses or fails, and the next caller sends a request at once', async () => {
    const { answer, calls, entries, leased } = aggregatorOf({ cache }, [
      answered({}, 404),
      answered('garbage'),
      failed('dns'),
    ]);
    for (let call = 0; call < 3; call += 1) {
      await answer();
      expect(leased.size).toBe(0);
    }
    expect(calls).toHaveLength(3);
    expect(entries.size).toBe(0);
  });

  test("of another caller's request in progress is awaited for half the time of the part", async () => {
    const { answer, calls, cache: cached } = aggregatorOf({ cache }, [answered({ n: 1 })]);
    let looks = 0;
    Object.assign(cached, {
      lease: () => Promise.resolve(false),
      watch: () => {
        looks += 1;
        const there = { body: '{"n":2}', ageSeconds: 0, isFresh: true };
        return Promise.resolve({ cached: looks < 5 ? undefined : there, ended: undefined });
      },
    });
    expect(await answer()).toMatchObject({ a: { n: 2 }, meta: { parts: { a: { source: 'cache' } } } });
    expect(calls).toHaveLength(0);
    Object.assign(cached, { watch: () => Promise.resolve({ cached: undefined, ended: undefined }) });
    expect(await answer()).toMatchObject({ a: { n: 1 }, meta: { parts: { a: { source: 'service' } } } });
    expect(calls).toHaveLength(1);
  });
});

describe('the caller that a breaker counts', () => {
  const callerFor = (decision: Record<string, string>) => callerOf({ decision } as unknown as HttpRequest);

  test('is the identity of the decision', () => {
    expect(callerFor({ caller: 'user:idp|alice', clientAddress: '192.0.2.7' })).toBe('user:idp|alice');
  });

  test('is the subscriber of an anonymous call, so that all addresses of a network count as one', () => {
    expect(callerFor({ caller: '-', clientAddress: '192.0.2.7' })).toBe('address:192.0.2.7');
    const [one, other] = ['2001:db8:0:1200::1', '2001:db8:0:12ff:1::9'].map((clientAddress) =>
      callerFor({ caller: '-', clientAddress }),
    );
    expect(one).toBe(other);
    expect(callerFor({ caller: '-', clientAddress: '2001:db8:0:1300::1' })).not.toBe(one);
  });

  test('is empty for a route without authorizer', () => {
    expect(callerFor({})).toBe('');
  });
});
