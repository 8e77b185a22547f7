import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isPortFree, loopback } from '../../lib/local/run/processes/ports.ts';

const program = fileURLToPath(new URL('../../lib/local/run/testing/start-until-signal.ts', import.meta.url));

/** A start of the local run in a separate process. */
export interface StartedRun {
  /** Resolves when the step begins; rejects when the process ends before. */
  stage(name: string): Promise<void>;
  /** Sends SIGINT, like Ctrl-C. */
  interrupt(): void;
  /** Its exit, and its output on standard error. */
  readonly ended: Promise<{ readonly code: number | null; readonly errors: string }>;
  /** Its leftovers: processes, the port, leases, files of a running process; empty after a clean stop. */
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
        if (child.exitCode !== null)
          throw new Error(`The run ended before the step "${name}".\n${output.errors}`);
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
    return []; // pgrep fails when it finds none.
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
