import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isPortFree, loopback } from '../../lib/local/run/processes/ports.ts';

const program = fileURLToPath(new URL('../../lib/local/run/testing/start-until-signal.ts', import.meta.url));

/** A local run in a separate process. */
export interface StartedRun {
  /** Resolves when the step begins. Rejects if the process exits before. */
  stage(name: string): Promise<void>;
  /** Sends the signal of Ctrl-C. */
  interrupt(): void;
  /** Exit code and standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
  /** Leftovers of the run: processes, the port, leases, and files of a running run. Empty after a correct end. */
  leftovers(): Promise<readonly string[]>;
}

export function startRun(
  stateFolder: string,
  port: number,
  environment: Readonly<Record<string, string>> = {},
): StartedRun {
  const child = spawn(process.execPath, ['--import', 'tsx', program, stateFolder, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], ...environment },
  });
  const output = { out: '', errors: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    output.out += String(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    output.errors += String(chunk);
  });
  const children = new Set<number>();
  const watch = setInterval(() => {
    for (const pid of childrenOf(child)) children.add(pid);
  }, 100);
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) => {
    child.once('close', (code) => {
      clearInterval(watch);
      resolve({ code, errors: output.errors });
    });
  });
  return {
    async stage(name) {
      while (!output.out.includes(`stage: ${name}\n`)) {
        if (child.exitCode !== null) throw new Error(`The run exited before "${name}".\n${output.errors}`);
        await sleep(10);
      }
    },
    interrupt() {
      for (const pid of childrenOf(child)) children.add(pid);
      child.kill('SIGINT');
    },
    ended,
    async leftovers() {
      const folder = join(stateFolder, String(port));
      return [
        ...[...children].filter(isAlive).map((pid) => `process ${pid}`),
        ...((await isPortFree(port, loopback)) ? [] : [`port ${port}`]),
        ...['build', 'run.json'].filter((name) => existsSync(join(folder, name))),
        ...filesIn(folder).filter((file) => isDraft(file) || isHeldLease(file)),
      ];
    },
  };
}

function childrenOf({ pid }: ChildProcess): readonly number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)])
      .toString()
      .trim()
      .split('\n')
      .map(Number);
  } catch {
    return []; // pgrep fails if it finds no process.
  }
}

function isAlive(pid: number): boolean {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

function filesIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === 'database') return [];
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}

const isDraft = (file: string): boolean => /\.draft$|\.\d+\.\d+\.?\d*$/.test(file);
const isHeldLease = (file: string): boolean =>
  /\.readers\/\d+$/.test(file) && readFileSync(file, 'utf8') !== 'released';
