import { expect, test } from 'vitest';
import type { Log } from './log.ts';
import { startWorker } from './worker.ts';

/** A worker with the given outcomes of its runs, and with pauses that the test ends. */
function createTestWorker(outcomes: (number | Error)[]) {
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

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('runs while there is work, then pauses until it is woken', async () => {
  const { worker, pauses, runs } = createTestWorker([3, 1, 0, 2]);
  await nextTurn();
  expect([runs(), pauses.map(({ ms }) => ms)]).toEqual([3, [1_000]]);
  worker.wake();
  await nextTurn();
  expect(runs()).toBe(5);
  await worker.stop();
});

test('repeats a failed run after pauses that double', async () => {
  const { worker, pauses, lines } = createTestWorker([new Error('a'), new Error('b'), new Error('c'), 0]);
  for (let turn = 0; turn < 3; turn += 1) {
    await nextTurn();
    pauses.at(-1)?.pass();
  }
  await nextTurn();
  expect(pauses.map(({ ms }) => ms)).toEqual([1_000, 2_000, 4_000, 1_000]);
  expect(lines).toEqual(Array.from({ length: 3 }, () => 'saga failed, will retry'));
  await worker.stop();
});

test('stops during a pause without another run', async () => {
  const { worker, runs } = createTestWorker([]);
  await nextTurn();
  await worker.stop();
  worker.wake();
  await nextTurn();
  expect(runs()).toBe(1);
});
