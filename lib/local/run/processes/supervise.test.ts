import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProcessGroup, describeExit, type ProcessGroup, type RunningProcess } from './process-group.ts';
import { restartDelayMilliseconds, supervise } from './supervise.ts';

let group: ProcessGroup;
let lives: RunningProcess[];
beforeEach(() => {
  group = createProcessGroup();
  lives = [];
});
afterEach(() => group.close());

const begin = (source: string) => async () => {
  const life = group.start({ name: 'it', command: process.execPath, args: ['-e', source], env: {} });
  lives.push(life);
  return life;
};

test('the delay doubles with each consecutive crash, up to 30 seconds', () => {
  expect([1, 2, 3, 6, 7, 60].map(restartDelayMilliseconds)).toEqual([
    500, 1_000, 2_000, 16_000, 30_000, 30_000,
  ]);
});

test('a crashed process is reported and restarted; a stopped process stays stopped', async () => {
  const crashes: string[] = [];
  let seen: () => void = () => {};
  const twoCrashes = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const supervised = supervise({
    begin: begin('process.exit(9)'),
    onCrash: (exit, delay) => {
      crashes.push(`${describeExit(exit)}, again in ${delay}`);
      if (crashes.length === 2) seen();
    },
    now: () => 0,
  });
  await twoCrashes;
  await supervised.stop();
  expect(crashes).toEqual(['ended with exit code 9, again in 500', 'ended with exit code 9, again in 1000']);
  await sleep(1_200);
  expect(lives.length).toBe(2);
});

test('a process that ran for a long time before its crash restarts soon', async () => {
  let time = 0;
  const delays: number[] = [];
  let seen: () => void = () => {};
  const twoCrashes = new Promise<void>((resolve) => {
    seen = resolve;
  });
  const supervised = supervise({
    begin: begin('process.exit(1)'),
    onCrash: (_, delay) => {
      delays.push(delay);
      if (delays.length === 2) seen();
    },
    now: () => {
      time += 60_000;
      return time;
    },
  });
  await twoCrashes;
  await supervised.stop();
  expect(delays).toEqual([500, 500]);
});

test('a stop does not count as a crash, and a start runs the process again', async () => {
  const crashes: string[] = [];
  const supervised = supervise({
    begin: begin('setInterval(() => {}, 1000)'),
    onCrash: (exit) => crashes.push(describeExit(exit)),
    now: () => 0,
  });
  await supervised.stop();
  supervised.start();
  supervised.start();
  await supervised.stop();
  expect(lives.length).toBe(2);
  expect(crashes).toEqual([]);
});
