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
const away: DirectoryResult = { kind: 'unavailable', reason: 'timeout' };

/** A directory that holds what the test puts in, and counts what it is asked. */
class Registry implements ClientDirectory {
  readonly plans = new Map<string, string>();
  asked: string[] = [];
  isAway = false;

  find(keyId: string): Promise<DirectoryResult> {
    this.asked.push(keyId);
    const plan = this.plans.get(keyId);
    if (this.isAway) return Promise.resolve(away);
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

test('a key that was found is asked for once a minute, one that was not every ten seconds', async () => {
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

test('a change is noticed within the stated time, in either direction', async () => {
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

test('of many calls with one key at once, one asks', async () => {
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

test('invented keys drive out no known one', async () => {
  await directory.find('known');
  for (let i = 0; i < 100; i += 1) await directory.find(`invented-${i}`);
  registry.asked = [];
  await directory.find('known');
  expect(registry.asked).toEqual([]);
  await directory.find('invented-0');
  expect(registry.asked).toEqual(['invented-0']);
});

test('an answer is as old as its question', async () => {
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

describe('while the directory is away', () => {
  test('known keys are served by its last answer, for so long', async () => {
    await directory.find('known');
    registry.isAway = true;
    now = start + staleMilliseconds - 1;
    expect(await directory.find('known')).toEqual(found('known'));
    now += 1;
    expect(now - start).toBe(maxRevocationDelaySeconds(defaultDirectoryCacheSettings).away * 1_000);
    expect(await directory.find('known')).toEqual(away);
  });

  test('a key that nobody knows yet is not called unknown, then or later', async () => {
    registry.plans.set('new', 'free');
    registry.isAway = true;
    expect(await directory.find('new')).toEqual(away);
    registry.isAway = false;
    expect(await directory.find('new')).toEqual(found('new', 'free'));
  });

  test('a key that was unknown is not called so for longer than it is remembered', async () => {
    await directory.find('invented');
    registry.isAway = true;
    now += unknownMilliseconds - 1;
    expect(await directory.find('invented')).toEqual(unknown);
    now += 1;
    expect(await directory.find('invented')).toEqual(away);
  });

  test('a key that the directory took away before is not served again', async () => {
    await directory.find('known');
    registry.plans.delete('known');
    now += foundMilliseconds;
    expect(await directory.find('known')).toEqual(unknown);
    registry.isAway = true;
    now += unknownMilliseconds;
    expect(await directory.find('known')).toEqual(away);
  });

  test('its return is noticed with the next question', async () => {
    await directory.find('known');
    registry.isAway = true;
    now += foundMilliseconds;
    await directory.find('known');
    registry.isAway = false;
    registry.plans.set('known', 'basic');
    expect(await directory.find('known')).toEqual(found('known', 'basic'));
  });
});

test('a clock that has stepped back makes nothing last longer', async () => {
  await directory.find('known');
  now = start - 1;
  registry.plans.delete('known');
  expect(await directory.find('known')).toEqual(unknown);
});

test('for every history: the answer is one that the directory gave or would have given within the stated time', async () => {
  const step = fc.record({
    gap: fc.integer({ min: 0, max: 90_000 }),
    keyId: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    change: fc.constantFrom('none', 'free', 'pro', 'removed', 'away', 'back'),
  });
  const law = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    let at = start;
    const truth = new Registry();
    const cached = cacheDirectory(truth, () => at, { ...defaultDirectoryCacheSettings, maxKeys: 2 });
    /** Since when each key has not had each plan; a plan that it has now is not in it. */
    const lostAt = new Map<string, number>();
    for (const { gap, keyId, change } of steps) {
      at += gap;
      const before = truth.plans.get(keyId) ?? 'removed';
      if (change === 'away' || change === 'back') truth.isAway = change === 'away';
      else if (change !== 'none' && change !== before) {
        lostAt.set(`${keyId}:${before}`, at);
        lostAt.delete(`${keyId}:${change}`);
        if (change === 'removed') truth.plans.delete(keyId);
        else truth.plans.set(keyId, change);
      }
      const answer = await cached.find(keyId);
      const told =
        answer.kind === 'found'
          ? answer.credential.client.plan
          : answer.kind === 'unknown'
            ? 'removed'
            : 'away';
      const longest =
        told === 'removed' ? unknownMilliseconds : truth.isAway ? staleMilliseconds : foundMilliseconds;
      const isCurrent = told === (truth.plans.get(keyId) ?? 'removed');
      const age = isCurrent ? 0 : at - (lostAt.get(`${keyId}:${told}`) ?? Number.NEGATIVE_INFINITY);
      expect(told === 'away' ? truth.isAway : age < longest).toBe(true);
    }
  });
  await fc.assert(law, { numRuns: 300 });
});
