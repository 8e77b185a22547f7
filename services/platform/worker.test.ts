import { expect, test } from 'vitest';
import type { Log } from './log.ts';
import { startWorker } from './worker.ts';

/** Pauses that a test ends, and a run whose outcome it says. */
function createBench(outcomes: (number | Error)[]) {
  const pauses: { readonly ms: number; readonly pass: () => void }[] = [];
  const lines: string[] = [];
  let runs = 0;
  const log: Log = (_, message) => lines.push(message);
  const worker = startWorker({
    name: 'saga',
    run: async () => {
      const outcome = outcomes[runs++] ?? 0;
      if (outcome instanceof Error) throw outcome;
      return outcome;
    },
    wait: (ms, signal) =>
      new Promise((pass) => {
        pauses.push({ ms, pass });
        signal.addEventListener('abort', () => pass());
      }),
    log,
  });
  return { worker, pauses, lines, runs: () => runs };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('works as long as there is work, then rests until it is woken', async () => {
  const { worker, pauses, runs } = createBench([3, 1, 0, 2]);
  await settle();
  expect([runs(), pauses.map(({ ms }) => ms)]).toEqual([3, [1_000]]);
  worker.wake();
  await settle();
  expect(runs()).toBe(5);
  await worker.stop();
});

test('tries what fails again, with longer and longer pauses', async () => {
  const { worker, pauses, lines } = createBench([new Error('a'), new Error('b'), new Error('c'), 0]);
  for (let turn = 0; turn < 3; turn += 1) {
    await settle();
    pauses.at(-1)?.pass();
  }
  await settle();
  expect(pauses.map(({ ms }) => ms)).toEqual([1_000, 2_000, 4_000, 1_000]);
  expect(lines).toEqual(Array.from({ length: 3 }, () => 'saga failed, tried again'));
  await worker.stop();
});

test('ends in the middle of a rest, and begins nothing more', async () => {
  const { worker, runs } = createBench([]);
  await settle();
  await worker.stop();
  worker.wake();
  await settle();
  expect(runs()).toBe(1);
});
