import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createInMemoryLimitStore, MemoryEntries } from './in-memory-entries.ts';
import { takeScript } from './limit-script.ts';
import { decodeReply, encodeCall } from './limit-script-wire.ts';
import type {
  Check,
  LimitStoreRequest,
  NonceCheck,
  RateCheck,
  Revoke,
  RevokedBeforeCheck,
} from './limit-store.ts';
import { hasRedis, redisNote } from './testing/redis-server.ts';
import { scriptsWithTestClock } from './testing/scripts-with-test-clock.ts';
import { clockedLimitStore } from './testing/store-with-test-clock.ts';

const second = 1_000_000;
/** 2026-11-20T12:00:00Z, in microseconds. */
const noon = Date.UTC(2026, 10, 20, 12) * 1_000;
const noonSeconds = noon / second;

const nonce = (name: string, lifetimeSeconds = 360): NonceCheck => ({ kind: 'nonce', name, lifetimeSeconds });
const revokedBefore = (issuedAtSeconds: number, name = 'subject'): RevokedBeforeCheck => ({
  kind: 'revoked-before',
  name,
  issuedAtSeconds,
});
const revoke = (beforeSeconds: number, lifetimeSeconds = 3_600, name = 'subject'): Revoke => ({
  kind: 'revoke',
  name,
  beforeSeconds,
  lifetimeSeconds,
});
const rate = (burst: number, cost = 1): RateCheck => ({
  kind: 'rate',
  name: 'user',
  requests: 1,
  periodSeconds: 3_600,
  burst,
  cost,
});
const call = (...checks: Check[]): LimitStoreRequest => ({ caller: 'user:ada', checks });

const { memory, script, stores, redis } = scriptsWithTestClock('the script on a real server');

describe.each(stores)('the limit-store call, $name', ({ engine, runs }) => {
  describe.runIf(runs)('follows its rules:', () => {
    const store = clockedLimitStore(engine);
    const admits = async (at: number, ...checks: Check[]) => (await store.take(call(...checks), at)).admitted;

    test('admits a nonce once, until it is forgotten', async () => {
      const held = { remaining: 0, retryMicroseconds: 0 };
      expect(await store.take(call(nonce('a')), noon)).toMatchObject({
        admitted: true,
        states: [{ ...held, result: 'passed', resetMicroseconds: 360 * second }],
      });
      expect(await store.take(call(nonce('a')), noon + second)).toMatchObject({
        admitted: false,
        states: [{ ...held, result: 'never', resetMicroseconds: 359 * second }],
      });
      expect(await admits(noon, nonce('b'))).toBe(true);
      expect(await admits(noon + 360 * second - 1, nonce('a'))).toBe(false);
      expect(await admits(noon + 360 * second, nonce('a'))).toBe(true);
    });

    test('keeps the nonces of each caller separate', async () => {
      expect(await admits(noon, nonce('a'))).toBe(true);
      expect((await store.take({ caller: 'client:acme', checks: [nonce('a')] }, noon)).admitted).toBe(true);
    });

    test('spends a nonce only when all other checks pass, and counts nothing when a nonce is refused', async () => {
      expect(await admits(noon, rate(2))).toBe(true);
      expect(await admits(noon, rate(2))).toBe(true);
      expect(await store.take(call(nonce('a'), rate(2)), noon)).toMatchObject({
        admitted: false,
        states: [{ result: 'passed' }, { result: 'refused' }],
      });
      const freed = noon + 2 * 3_600 * second;
      expect(await admits(freed, nonce('a'), rate(2))).toBe(true);
      for (let i = 0; i < 5; i += 1) expect(await admits(freed, nonce('a'), rate(2))).toBe(false);
      expect(await store.take(call(rate(2, 0)), freed)).toMatchObject({ states: [{ remaining: 1 }] });
    });

    test('refuses what was issued before the instant, and admits what was issued at it', async () => {
      expect(await admits(noon, revokedBefore(noonSeconds - 1))).toBe(true);
      expect(await admits(noon, revoke(noonSeconds))).toBe(true);
      expect(await store.take(call(revokedBefore(noonSeconds - 1)), noon)).toMatchObject({
        admitted: false,
        states: [{ result: 'never', remaining: 0, resetMicroseconds: 3_600 * second, retryMicroseconds: 0 }],
      });
      expect(await admits(noon, revokedBefore(0))).toBe(false);
      expect(await admits(noon, revokedBefore(noonSeconds))).toBe(true);
      expect(await admits(noon, revokedBefore(noonSeconds - 1, 'token:other'))).toBe(true);
    });

    test('forgets a revocation at the end of its lifetime', async () => {
      await admits(noon, revoke(noonSeconds, 60));
      expect(await admits(noon + 60 * second - 1, revokedBefore(0))).toBe(false);
      expect(await admits(noon + 60 * second, revokedBefore(0))).toBe(true);
    });

    test('a later revocation extends the instant and the end, an earlier one moves neither back', async () => {
      await admits(noon, revoke(noonSeconds, 600));
      await admits(noon + second, revoke(noonSeconds - 100, 60));
      expect(await admits(noon + 599 * second, revokedBefore(noonSeconds - 1))).toBe(false);
      await admits(noon + 599 * second, revoke(noonSeconds + 599, 600));
      expect(await admits(noon + 600 * second, revokedBefore(noonSeconds + 598))).toBe(false);
      expect(await admits(noon + 1_198 * second, revokedBefore(0))).toBe(false);
      expect(await admits(noon + 1_199 * second, revokedBefore(0))).toBe(true);
    });

    test('counts nothing and spends no nonce for a revoked caller', async () => {
      await admits(noon, revoke(noonSeconds, 60));
      expect(await admits(noon, revokedBefore(0), nonce('a'), rate(1))).toBe(false);
      expect(await admits(noon + 60 * second, revokedBefore(0), nonce('a'), rate(1))).toBe(true);
    });

    test('a clock that steps back frees neither a nonce nor a revocation', async () => {
      await admits(noon, nonce('a'), revoke(noonSeconds));
      for (const at of [noon - second, noon - 86_400 * second]) {
        expect(await admits(at, nonce('a'))).toBe(false);
        expect(await admits(at, revokedBefore(0))).toBe(false);
      }
    });
  });
});

describe.runIf(hasRedis)(`on a real server${redisNote}`, () => {
  test('keys expire with what they remember', async () => {
    const asked: LimitStoreRequest = {
      caller: `user:${crypto.randomUUID()}`,
      checks: [nonce('a', 100), revoke(noonSeconds, 200)],
    };
    const { keys, args } = encodeCall(asked);
    const client = redis();
    const reply = await client.eval(takeScript.source, keys.length, ...keys, ...args);
    expect(decodeReply(reply, 2)?.admitted).toBe(true);
    const [ofNonce = 0, ofRevocation = 0] = await Promise.all(keys.map((key) => client.pttl(key)));
    await client.del(...keys);
    expect(ofNonce).toBeGreaterThan(90_000);
    expect(ofNonce).toBeLessThanOrEqual(100_001);
    expect(ofRevocation).toBeGreaterThan(190_000);
    expect(ofRevocation).toBeLessThanOrEqual(200_001);
  });

  test('admits one of many concurrent calls with one nonce', async () => {
    const asked: LimitStoreRequest = { caller: `user:${crypto.randomUUID()}`, checks: [nonce('a', 10)] };
    const { keys, args } = encodeCall(asked);
    const client = redis();
    const replies = await Promise.all(
      Array.from({ length: 500 }, () => client.eval(takeScript.source, keys.length, ...keys, ...args)),
    );
    expect(replies.filter((reply) => decodeReply(reply, 1)?.admitted)).toHaveLength(1);
    await client.del(...keys);
  });

  test('the script and its twin agree on arbitrary histories of every kind of check', async () => {
    const name = fc.constantFrom('a', 'b');
    const instant = fc.integer({ min: -5, max: 5 }).map((offset) => noonSeconds + offset);
    const lifetimeSeconds = fc.integer({ min: 1, max: 5 });
    const check = fc.oneof(
      fc.record({ kind: fc.constant('nonce' as const), name, lifetimeSeconds }),
      fc.record({ kind: fc.constant('revoked-before' as const), name, issuedAtSeconds: instant }),
      fc.record({ kind: fc.constant('revoke' as const), name, beforeSeconds: instant, lifetimeSeconds }),
      fc.record({
        kind: fc.constant('rate' as const),
        name,
        requests: fc.integer({ min: 1, max: 10 }),
        periodSeconds: fc.integer({ min: 1, max: 10 }),
        burst: fc.integer({ min: 1, max: 3 }),
        cost: fc.integer({ min: 0, max: 3 }),
      }),
    );
    const step = fc.record({
      gap: fc.integer({ min: -2 * second, max: 3 * second }),
      checks: fc.uniqueArray(check, {
        minLength: 1,
        maxLength: 5,
        selector: (of) => `${of.kind}:${of.name}`,
      }),
    });
    const [inMemory, onServer] = [clockedLimitStore(memory), clockedLimitStore(script)];
    const law = fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
      await Promise.all([memory.reset(), script.reset()]);
      let now = noon;
      for (const { gap, checks } of steps) {
        now += gap;
        expect(await onServer.take(call(...checks), now)).toEqual(await inMemory.take(call(...checks), now));
      }
    });
    await fc.assert(law, { numRuns: 200 });
  });
});

test('for every history: a nonce is admitted at most once in its lifetime, and a revoked credential never', async () => {
  const use = fc.record({
    gap: fc.integer({ min: 0, max: 2 * second }),
    nonce: fc.constantFrom('a', 'b', 'c'),
    issuedAtSeconds: fc.integer({ min: 0, max: 20 }).map((age) => noonSeconds - age),
    cost: fc.integer({ min: 0, max: 2 }),
  });
  const law = fc.asyncProperty(
    fc.array(use, { maxLength: 40 }),
    fc.nat({ max: 40 }),
    fc.nat({ max: 20 }),
    async (uses, revokedAt, age) => {
      let now = noon;
      const store = createInMemoryLimitStore(() => now / 1_000, new MemoryEntries(1_000));
      const admitted = new Map<string, number>();
      const before = noonSeconds - age;
      for (const [index, { gap, nonce: name, issuedAtSeconds, cost }] of uses.entries()) {
        now += gap;
        if (index === revokedAt) await store.take(call(revoke(before, 1_000)));
        const answer = await store.take(call(revokedBefore(issuedAtSeconds), nonce(name, 5), rate(3, cost)));
        if (answer.kind !== 'answered' || !answer.admitted) continue;
        expect(now - (admitted.get(name) ?? 0)).toBeGreaterThanOrEqual(5 * second);
        expect(index < revokedAt || issuedAtSeconds >= before).toBe(true);
        admitted.set(name, now);
      }
    },
  );
  await fc.assert(law, { numRuns: 300 });
});
