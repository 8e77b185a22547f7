import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalRun } from '../../lib/local/run/local-run.ts';
import { rowsOf } from './reconciliation.ts';

/** Causes one fault and restores the normal state before it resolves. */
export type Fault = (run: LocalRun, random: () => number) => Promise<void>;

const pidsOf = (run: LocalRun, name: string): readonly number[] =>
  run.processes().flatMap((child) => (child.name === name && child.pid !== undefined ? [child.pid] : []));

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process has already exited.
  }
}

/** Kills a task of a service at a random moment, twice. The run starts it again. */
export const taskKilled =
  (service: string): Fault =>
  async (run, random) => {
    for (let times = 0; times < 2; times += 1) {
      await sleep(500 + random() * 2_000);
      let pids = pidsOf(run, service);
      // The task may be waiting for its restart.
      for (; pids.length === 0; pids = pidsOf(run, service)) await sleep(50);
      kill(pids[Math.floor(random() * pids.length)] ?? 0, 'SIGKILL');
    }
  };

/** Pauses the limit store for up to 1.5 seconds, three times. */
export const limitStorePaused: Fault = async (run, random) => {
  const [pid] = pidsOf(run, 'limit-store');
  if (pid === undefined) throw new Error('The run did not start a limit store.');
  for (let times = 0; times < 3; times += 1) {
    await sleep(300 + random() * 1_000);
    kill(pid, 'SIGSTOP');
    await sleep(500 + random() * 1_000);
    kill(pid, 'SIGCONT');
  }
};

/** Servers that faults have started. The caller of the faults ends them. */
export const replacements: ChildProcess[] = [];

/** Kills the limit store with its data, and starts an empty one one to three seconds later. */
export const limitStoreKilled: Fault = async (run, random) => {
  await sleep(random() * 1_000);
  for (const pid of pidsOf(run, 'limit-store')) kill(pid, 'SIGKILL');
  await sleep(1_000 + random() * 2_000);
  const { limitStore: store } = run.configuration.environment;
  if (store.kind !== 'existing') throw new Error('The run did not start a limit store.');
  const { port } = new URL(store.url);
  const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  replacements.push(spawn('redis-server', args, { stdio: 'ignore' }));
};

/** Kills a backend, after which PostgreSQL closes every connection and recovers from its write-ahead log. */
export const databaseBackendKilled: Fault = async (run, random) => {
  for (let times = 0; times < 2; times += 1) {
    await sleep(500 + random() * 1_500);
    const backends = await rowsOf(
      run,
      "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
    );
    kill(Number(backends[Math.floor(random() * backends.length)]?.['pid'] ?? 0), 'SIGKILL');
    await sleep(3_000);
  }
};

/** Replaces the policy file by invalid content, by a folder and by nothing, then restores it. */
export const policyCorrupted: Fault = async ({ policyFile }) => {
  const text = readFileSync(policyFile, 'utf8');
  for (const corrupt of [
    () => writeFileSync(policyFile, '{"schema":1,"plans":'),
    () => writeFileSync(policyFile, Buffer.from([0xff, 0xfe, 0x00])),
    () => {
      rmSync(policyFile);
      mkdirSync(policyFile);
    },
    () => rmSync(policyFile, { recursive: true }),
  ]) {
    corrupt();
    await sleep(600);
  }
  writeFileSync(`${policyFile}.new`, text);
  renameSync(`${policyFile}.new`, policyFile);
};

/** Appends invalid bytes to the spool of the access log and corrupts the stored read positions. */
export const spoolCorrupted: Fault = async ({ record }, random) => {
  const folder = join(record.folder, 'logs');
  for (let times = 0; times < 4; times += 1) {
    await sleep(300 + random() * 500);
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (name.endsWith('.jsonl')) appendFileSync(path, Buffer.from([0xc3, 0x28, 0x00, 0x7b, 0xff]));
      if (name.endsWith('.position')) writeFileSync(path, 'NaN');
    }
  }
};
