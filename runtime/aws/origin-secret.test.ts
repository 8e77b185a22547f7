import { expect, test } from 'vitest';
import { RefreshedValue } from '../concurrency/refreshed-value.ts';
import { createOriginSecrets } from './origin-secret.ts';

/** A fake Secrets Manager whose values the test changes; undefined means that it is unavailable. */
function secretsOf(values: readonly string[] | undefined) {
  const manager = { values, reads: 0 };
  const refreshed = new RefreshedValue(
    async () => {
      manager.reads += 1;
      if (manager.values === undefined) throw new Error('unavailable');
      return manager.values;
    },
    { freshMilliseconds: 60_000, staleMilliseconds: 600_000, cooldownMilliseconds: 5_000 },
    () => undefined,
  );
  return { manager, secrets: createOriginSecrets(refreshed) };
}

test('accepts both live values and refuses every other', async () => {
  const { secrets } = secretsOf(['current', 'previous']);
  expect(await secrets.check('current', 0)).toBe('accepted');
  expect(await secrets.check('previous', 0)).toBe('accepted');
  for (const other of ['', 'Current', 'current ', 'currentprevious', 'p']) {
    expect(await secrets.check(other, 0)).toBe('refused');
  }
});

test('reads the secret again for an unknown value, at most once per cool-down', async () => {
  const { manager, secrets } = secretsOf(['first']);
  await secrets.check('first', 0);
  manager.values = ['second', 'first'];
  expect(await secrets.check('second', 4_999)).toBe('refused');
  expect(await secrets.check('second', 5_000)).toBe('accepted');
  expect(await secrets.check('first', 5_000)).toBe('accepted');
  for (let i = 0; i < 100; i += 1) expect(await secrets.check('wrong', 5_001)).toBe('refused');
  expect(manager.reads).toBe(2);
});

test('refuses a value after it was rotated out', async () => {
  const { manager, secrets } = secretsOf(['first']);
  await secrets.check('first', 0);
  manager.values = ['third', 'second'];
  expect(await secrets.check('third', 10_000)).toBe('accepted');
  expect(await secrets.check('first', 15_000)).toBe('refused');
});

test('uses the last known value while Secrets Manager is unavailable', async () => {
  const { manager, secrets } = secretsOf(['only']);
  await secrets.check('only', 0);
  manager.values = undefined;
  expect(await secrets.check('only', 86_400_000)).toBe('accepted');
  expect(await secrets.check('wrong', 86_400_000)).toBe('refused');
});

test('answers unknown when no value was ever read, but refuses a call without one', async () => {
  const { manager, secrets } = secretsOf(undefined);
  expect(await secrets.check('only', 0)).toBe('unknown');
  expect(await secrets.check('', 0)).toBe('refused');
  manager.values = ['only'];
  expect(await secrets.check('only', 5_000)).toBe('accepted');
});
