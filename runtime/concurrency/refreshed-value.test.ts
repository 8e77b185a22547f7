import { expect, test } from 'vitest';
import { RefreshedValue } from './refreshed-value.ts';

const freshness = { freshMilliseconds: 100, staleMilliseconds: 1_000, cooldownMilliseconds: 10 };

/** A source whose answers the test gives, one by one. */
function source() {
  const pending: { resolve: (value: string) => void; reject: (error: Error) => void }[] = [];
  const failures: unknown[] = [];
  const value = new RefreshedValue<string>(
    () => new Promise((resolve, reject) => pending.push({ resolve, reject })),
    freshness,
    (error) => failures.push(error),
  );
  const settle = async () => {
    for (let i = 0; i < 5; i += 1) await Promise.resolve();
  };
  return { value, pending, failures, settle };
}

test('concurrent callers share one fetch', async () => {
  const { value, pending } = source();
  const callers = [value.current(0), value.current(0), value.refresh(0)];
  expect(pending).toHaveLength(1);
  pending[0]?.resolve('one');
  expect(await Promise.all(callers)).toEqual(['one', 'one', 'refreshed']);
  expect(await value.current(50)).toBe('one');
  expect(pending).toHaveLength(1);
});

test('returns an ageing value while it is fetched again, but waits when the value is too old', async () => {
  const { value, pending, settle } = source();
  const first = value.current(0);
  pending[0]?.resolve('one');
  await first;

  expect(await value.current(101)).toBe('one');
  expect(pending).toHaveLength(2);
  pending[1]?.resolve('two');
  await settle();
  expect(await value.current(102)).toBe('two');

  const late = value.current(1_102);
  pending[2]?.resolve('three');
  expect(await late).toBe('three');
});

test('returns the last known value while the source is unavailable, with one fetch per cool-down', async () => {
  const { value, pending, failures } = source();
  const first = value.current(0);
  pending[0]?.resolve('one');
  await first;

  const second = value.current(5_000);
  pending[1]?.reject(new Error('unavailable'));
  expect(await second).toBe('one');
  expect(value.isUnavailable).toBe(true);
  expect(await value.current(5_009)).toBe('one');
  expect(await value.refresh(5_009)).toBe('cooling');
  expect(pending).toHaveLength(2);
  expect(failures).toEqual([new Error('unavailable')]);

  const third = value.current(5_010);
  pending[2]?.resolve('two');
  expect(await third).toBe('two');
  expect(value.isUnavailable).toBe(false);
});

test('returns undefined when no value was ever fetched, at once during the cool-down', async () => {
  const { value, pending } = source();
  const first = value.current(0);
  pending[0]?.reject(new Error('unavailable'));
  expect(await first).toBeUndefined();
  expect(await value.current(9)).toBeUndefined();
  expect(pending).toHaveLength(1);
});

test('fetches again when the clock steps back', async () => {
  const { value, pending } = source();
  const first = value.current(10_000);
  pending[0]?.resolve('one');
  await first;
  const second = value.current(0);
  pending[1]?.resolve('two');
  expect(await second).toBe('two');
});
