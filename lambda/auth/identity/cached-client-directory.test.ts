import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  cacheDirectory,
  defaultDirectoryCacheSettings,
  maxRevocationDelaySeconds,
} from './cached-client-directory.ts';
import type { ClientDirectory, Credential, DirectoryResult } from './client-directory.ts';

const { foundMilliseconds, unknownMilliseconds, staleMilliseconds } = defaultDirectoryCacheSettings;
const start = 1_800_000_000_000;

const credential = (keyId: string, plan = 'pro'): Credential => ({
  kind: 'api-key',
  keyId,
  client: { clientId: 'acme', plan, monthStartDay: 1, isSuspended: false, expiresAtSeconds: null },
  permissions: [],
  addresses: null,
  expiresAtSeconds: null,
  hashes: [],
});
const found = (keyId: string, plan?: string): DirectoryResult => ({
  kind: 'found',
  credential: credential(keyId, plan),
});
const unknown: DirectoryResult = { kind: 'unknown' };
const unavailable: DirectoryResult = { kind: 'unavailable', reason: 'timeout' };

/** A directory that holds what the test adds, and counts its look-ups. */
class Registry implements ClientDirectory {
  readonly plans = new Map<string, string>();
  asked: string[] = [];
  isUnavailable = false;

  find(keyId: string): Promise<DirectoryResult> {
    this.asked.push(keyId);
    const plan = this.plans.get(keyId);
    if (this.isUnavailable) return Promise.resolve(unavailable);
    return Promise.resolve(plan === undefined ? unknown : found(keyId, plan));
  }
}

let now: number;
let registry: Registry;
let directory: ClientDirectory;
beforeEach(() => {
  now = start;
  registry = new Registry();
  registry.plans.set('known', 'pro');
  directory = cacheDirectory(registry, () => now, { ...defaultDirectoryCacheSettings, maxKeys: 3 });
});

test('looks up a known key once a minute, and an unknown one every ten seconds', async () => {
  for (const at of [0, 1, unknownMilliseconds - 1, unknownMilliseconds, foundMilliseconds - 1]) {
    now = start + at;
    expect(await directory.find('known')).toEqual(found('known'));
    expect(await directory.find('invented')).toEqual(unknown);
  }
  expect(registry.asked).toEqual(['known', 'invented', 'invented', 'invented']);
  now = start + foundMilliseconds;
  await directory.find('known');
  expect(registry.asked.filter((keyId) => keyId === 'known')).toHaveLength(2);
});

test('applies a change within the stated time, in either direction', async () => {
  await directory.find('known');
  registry.plans.set('known', 'enterprise');
  now = start + maxRevocationDelaySeconds(defaultDirectoryCacheSettings).answering * 1_000;
  expect(await directory.find('known')).toEqual(found('known', 'enterprise'));
  registry.plans.delete('known');
  now += foundMilliseconds;
  expect(await directory.find('known')).toEqual(unknown);
  registry.plans.set('known', 'free');
  now += unknownMilliseconds;
  expect(await directory.find('known')).toEqual(found('known', 'free'));
});

test('makes one look-up for many concurrent calls with one key', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => directory.find('known')));
  expect(new Set(answers)).toEqual(new Set([answers[0]]));
  expect(registry.asked).toEqual(['known']);
});

test('keys do not wait for each other', async () => {
  const questions: ((answer: DirectoryResult) => void)[] = [];
  const slow = cacheDirectory({ find: () => new Promise((answer) => questions.push(answer)) }, () => now);
  const first = slow.find('first');
  const second = slow.find('second');
  questions[1]?.(unknown);
  expect(await second).toEqual(unknown);
  questions[0]?.(found('first'));
  expect(await first).toEqual(found('first'));
});

test('invented keys evict no known one', async () => {
  await directory.find('known');
  for (let i = 0; i < 100; i += 1) await directory.find(`invented-${i}`);
  registry.asked = [];
  await directory.find('known');
  expect(registry.asked).toEqual([]);
  await directory.find('invented-0');
  expect(registry.asked).toEqual(['invented-0']);
});

test('an answer is as old as its request', async () => {
  let answer: (answer: DirectoryResult) => void = () => undefined;
  const asked: string[] = [];
  const slow = cacheDirectory(
    {
      find: (keyId) => {
        asked.push(keyId);
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    },
    () => now,
  );
  const first = slow.find('known');
  now += foundMilliseconds;
  answer(found('known'));
  await first;
  void slow.find('known');
  expect(asked).toHaveLength(2);
});

describe('while the directory is unavailable', () => {
  test('uses the last answer for known keys, up to the stated time', async () => {
    await directory.find('known');
    registry.isUnavailable = true;
    now = start + staleMilliseconds - 1;
    expect(await directory.find('known')).toEqual(found('known'));
    now += 1;
    expect(now - start).toBe(maxRevocationDelaySeconds(defaultDirectoryCacheSettings).unavailable * 1_000);
    expect(await directory.find('known')).toEqual(unavailable);
  });

  test('does not report a key without an answer as unknown, then or later', async () => {
    registry.plans.set('new', 'free');
    registry.isUnavailable = true;
    expect(await directory.find('new')).toEqual(unavailable);
    registry.isUnavailable = false;
    expect(await directory.find('new')).toEqual(found('new', 'free'));
  });

  test('does not report a key as unknown for longer than the answer is cached', async () => {
    await directory.find('invented');
    registry.isUnavailable = true;
    now += unknownMilliseconds - 1;
    expect(await directory.find('invented')).toEqual(unknown);
    now += 1;
    expect(await directory.find('invented')).toEqual(unavailable);
  });

  test('does not serve a key again that the directory had removed', async () => {
    await directory.find('known');
    registry.plans.delete('known');
    now += foundMilliseconds;
    expect(await directory.find('known')).toEqual(unknown);
    registry.isUnavailable = true;
    now += unknownMilliseconds;
    expect(await directory.find('known')).toEqual(unavailable);
  });

  test('detects the recovery with the next look-up', async () => {
    await directory.find('known');
    registry.isUnavailable = true;
    now += foundMilliseconds;
    await directory.find('known');
    registry.isUnavailable = false;
    registry.plans.set('known', 'basic');
    expect(await directory.find('known')).toEqual(found('known', 'basic'));
  });
});

test('a clock that steps back extends nothing', async () => {
  await directory.find('known');
  now = start - 1;
  registry.plans.delete('known');
  expect(await directory.find('known')).toEqual(unknown);
});

test('for every history: the answer is one that the directory gave or would have given within the stated time', async () => {
  const step = fc.record({
    gap: fc.integer({ min: 0, max: 90_000 }),
    keyId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    change: fc.constantFrom('none', 'free', 'pro', 'removed', 'unavailable', 'back'),
  });
  const law = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    let at = start;
    const truth = new Registry();
    const cached = cacheDirectory(truth, () => at, { ...defaultDirectoryCacheSettings, maxKeys: 2 });
    /** The end of each key's former plans; a current plan is not included. */
    const lostAt = new Map<string, number>();
    for (const { gap, keyId, change } of steps) {
      at += gap;
      const before = truth.plans.get(keyId) ?? 'removed';
      if (change === 'unavailable' || change === 'back') truth.isUnavailable = change === 'unavailable';
      else if (change !== 'none' && change !== before) {
        lostAt.set(`${keyId}:${before}`, at);
        lostAt.delete(`${keyId}:${change}`);
        if (change === 'removed') truth.plans.delete(keyId);
        else truth.plans.set(keyId, change);
      }
      const answer = await cached.find(keyId);
      const reported =
        answer.kind === 'found'
          ? answer.credential.client.plan
          : answer.kind === 'unknown'
            ? 'removed'
            : 'unavailable';
      const longest =
        reported === 'removed'
          ? unknownMilliseconds
          : truth.isUnavailable
            ? staleMilliseconds
            : foundMilliseconds;
      const isCurrent = reported === (truth.plans.get(keyId) ?? 'removed');
      const age = isCurrent ? 0 : at - (lostAt.get(`${keyId}:${reported}`) ?? Number.NEGATIVE_INFINITY);
      expect(reported === 'unavailable' ? truth.isUnavailable : age < longest).toBe(true);
    }
  });
  await fc.assert(law, { numRuns: 300 });
});
