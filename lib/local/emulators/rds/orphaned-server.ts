import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileIfExists } from '../../../common/read-file-if-exists.ts';

const politeMilliseconds = 2_000;
const maxMilliseconds = 5_000;

/**
 * Stops a server of an earlier run that still uses a data folder: it survives when the run is killed together with its
 * reaper, and its lock would stop the next server. Removes the lock of a process that has ended or whose id belongs to
 * another program now.
 *
 * @throws {Error} when the process does not end; the message names it.
 */
export async function stopOrphanedServer(data: string): Promise<void> {
  const lockFile = join(data, 'postmaster.pid');
  // https://www.postgresql.org/docs/18/storage-file-layout.html: process id, data folder, …, a line each.
  const [pidLine = '', folder = data] = (readFileIfExists(lockFile) ?? '').split('\n');
  if (!/^\d{1,10}$/.test(pidLine)) {
    rmSync(lockFile, { force: true });
    return;
  }
  const pid = Number(pidLine);
  for (let waited = 0; waited < maxMilliseconds; waited += 50) {
    if (!(await serves(pid, folder))) {
      rmSync(lockFile, { force: true });
      return;
    }
    // A fast shutdown first; then an immediate one, after which PostgreSQL recovers from its log.
    if (waited === 0) signal(pid, 'SIGINT');
    if (waited === politeMilliseconds) signal(pid, 'SIGQUIT');
    await sleep(50);
  }
  throw new Error(
    `PostgreSQL (process ${pid}) still uses ${data} and does not stop. Stop it: kill -9 ${pid}`,
  );
}

/** Whether the process is a running PostgreSQL of this folder. */
async function serves(pid: number, folder: string): Promise<boolean> {
  const [state, command] = (await processOf(pid)) ?? ['Z', ''];
  // In containers without an init process, ended processes stay as zombies.
  return !state.startsWith('Z') && command.includes(`-D ${folder} `);
}

/** The state and the command line of a process; undefined when it does not exist. */
async function processOf(pid: number): Promise<readonly [state: string, command: string] | undefined> {
  const stat = readFileIfExists(`/proc/${pid}/stat`);
  if (stat !== undefined) {
    const command = readFileIfExists(`/proc/${pid}/cmdline`) ?? '';
    return [stat.slice(stat.lastIndexOf(')') + 2), command.replaceAll('\0', ' ')];
  }
  if (process.platform === 'linux') return undefined;
  const listing = await new Promise<string>((resolve) => {
    execFile('ps', ['-ww', '-o', 'stat=,args=', '-p', String(pid)], (_, stdout) => resolve(stdout));
  });
  const [, state, command] = /^(\S+)\s+(.*)$/m.exec(listing) ?? [];
  return state === undefined || command === undefined ? undefined : [state, `${command} `];
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
