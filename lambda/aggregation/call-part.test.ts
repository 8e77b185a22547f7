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

/** An aggregator of one part whose service gives these answers one after another, the last of them for good. */
function asking(part: Partial<Part>, responses: readonly Response[]) {
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
  /** Ages what is kept. */
  const age = (entry: Partial<CachedPart>) => {
    for (const [key, value] of cached.entries) cached.entries.set(key, { ...value, ...entry });
  };
  return { answer, calls, age, ...cached };
}

describe('another attempt', () => {
  test.each([
    ['a connection that fails', failed('connection')],
    ['a name that does not resolve', failed('dns')],
    ['a 503', answered({}, 503)],
  ])('is made after %s', async (_, first) => {
    const { answer, calls } = asking({ retries: 1 }, [first, answered('yes'), answered(1)]);
    // The second is no JSON, and asking again would not make it any.
    expect((await answer()).meta.parts.a).toMatchObject({ status: 'failed', reason: 'not-json' });
    expect(calls).toHaveLength(2);
  });

  test('is not made more often than declared', async () => {
    const { answer, calls } = asking({ retries: 2 }, [failed('connection')]);
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
    const { answer, calls } = asking({ retries: 2 }, [response]);
    await answer();
    expect(calls).toHaveLength(1);
  });

  test('has what is left of the time of the part', async () => {
    const { answer, calls } = asking({ retries: 2, timeoutSeconds: 2 }, [failed('connection')]);
    await answer();
    const times = calls.map(({ timeoutMilliseconds }) => timeoutMilliseconds);
    expect(times[0]).toBe(2_000);
    expect(times).toEqual(times.toSorted((a, b) => b - a));
    expect(times[2]).toBeLessThan(2_000);
  });
});

const cache = { seconds: 10, staleSeconds: 60, shared: 'identity' } as const;

describe('a kept answer', () => {
  test('serves while it is fresh', async () => {
    const { answer, calls, age } = asking({ cache }, [answered({ n: 1 })]);
    expect((await answer()).meta.parts.a).toEqual({ status: 'ok', source: 'service', ageSeconds: 0 });
    age({ ageSeconds: 7 });
    expect(await answer()).toMatchObject({
      a: { n: 1 },
      meta: { complete: true, parts: { a: { status: 'ok', source: 'cache', ageSeconds: 7 } } },
    });
    expect(calls).toHaveLength(1);
  });

  test('is asked for anew by one caller when it is stale, and serves the others', async () => {
    const { answer, calls, age, leased, entries } = asking({ cache }, [
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

  test('stands in for a service that fails, where the part says so', async () => {
    const { answer, age, leased } = asking({ cache, fallback: { kind: 'stale' } }, [
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
    const other = asking({ cache }, [answered({ n: 1 }), failed('timeout')]);
    await other.answer();
    other.age({ isFresh: false });
    expect((await other.answer()).meta.parts.a).toMatchObject({ status: 'failed', reason: 'timeout' });
  });

  test("is one caller's alone, unless the part is public", async () => {
    const own = asking({ cache }, [answered({ n: 1 })]);
    await own.answer();
    await own.answer({ userId: 'bob' });
    await own.answer({ userRole: 'admin' });
    await own.answer({}, { headers: { 'accept-language': 'de' } });
    expect(own.calls).toHaveLength(4);
    const shared = asking({ cache: { ...cache, shared: 'public' } }, [answered({ n: 1 })]);
    await shared.answer();
    await shared.answer({ userId: 'bob' });
    expect(shared.calls).toHaveLength(1);
  });

  test('is none when the service refuses or fails, and the next caller asks at once', async () => {
    const { answer, calls, entries, leased } = asking({ cache }, [
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

  test("of another caller's request under way is waited for, half the time of the part", async () => {
    const { answer, calls, cache: kept } = asking({ cache }, [answered({ n: 1 })]);
    let looks = 0;
    Object.assign(kept, {
      lease: () => Promise.resolve(false),
      watch: () => {
        looks += 1;
        const there = { body: '{"n":2}', ageSeconds: 0, isFresh: true };
        return Promise.resolve({ kept: looks < 5 ? undefined : there, ended: undefined });
      },
    });
    expect(await answer()).toMatchObject({ a: { n: 2 }, meta: { parts: { a: { source: 'cache' } } } });
    expect(calls).toHaveLength(0);
    Object.assign(kept, { watch: () => Promise.resolve({ kept: undefined, ended: undefined }) });
    expect(await answer()).toMatchObject({ a: { n: 1 }, meta: { parts: { a: { source: 'service' } } } });
    expect(calls).toHaveLength(1);
  });
});

describe('who a breaker counts', () => {
  const callerFor = (decision: Record<string, string>) => callerOf({ decision } as unknown as HttpRequest);

  test('is the identity of the decision', () => {
    expect(callerFor({ caller: 'user:idp|alice', clientAddress: '192.0.2.7' })).toBe('user:idp|alice');
  });

  test('is the subscriber of an anonymous call, so that no address of a network counts beside another', () => {
    expect(callerFor({ caller: '-', clientAddress: '192.0.2.7' })).toBe('address:192.0.2.7');
    const [one, other] = ['2001:db8:0:1200::1', '2001:db8:0:12ff:1::9'].map((clientAddress) =>
      callerFor({ caller: '-', clientAddress }),
    );
    expect(one).toBe(other);
    expect(callerFor({ caller: '-', clientAddress: '2001:db8:0:1300::1' })).not.toBe(one);
  });

  test('is empty where no authorizer was asked', () => {
    expect(callerFor({})).toBe('');
  });
});
