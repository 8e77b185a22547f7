import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, beforeEach } from 'vitest';
import { bundledProgram } from '../../test/support/bundled-program.ts';

type Line = Readonly<Record<string, unknown>>;

/** A task in its own process. `line` settles with the first log line that has this message. */
export interface Task {
  readonly child: ChildProcessWithoutNullStreams;
  readonly lines: readonly Line[];
  readonly line: (message: string) => Promise<Line>;
  readonly exit: Promise<unknown[]>;
}

/** Starts tasks for the tests of one file, and ends them after each test. */
export interface TestTasks {
  readonly start: (environment: Readonly<Record<string, string>>) => Task;
  /** The folder of the tasks' event log. */
  readonly folder: () => string;
}

export function testTasks(): TestTasks {
  let folder: string;
  let program: string;
  const tasks: Task[] = [];
  beforeAll(async () => {
    program = await bundledProgram(new URL('../main.ts', import.meta.url));
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-task-'));
  });
  afterEach(async () => {
    for (const { child } of tasks.splice(0)) child.kill('SIGKILL');
    await rm(folder, { recursive: true });
  });
  return {
    folder: () => folder,
    start: (environment) => {
      const task = startTask(program, { EVENT_LOG_URL: `file:${folder}`, ...environment });
      tasks.push(task);
      return task;
    },
  };
}

export const portOf = async (task: Task) => Number((await task.line('listening'))['port']);

function startTask(program: string, environment: Readonly<Record<string, string>>): Task {
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env['PATH'], PORT: '0', ...environment },
  });
  const lines: Line[] = [];
  const waiting = new Map<string, (line: Line) => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    waiting.get(String(line['message']))?.(line);
  });
  return {
    child,
    lines,
    line: (message) =>
      new Promise((resolve) => {
        const known = lines.find((line) => line['message'] === message);
        if (known === undefined) waiting.set(message, resolve);
        else resolve(known);
      }),
    exit: once(child, 'exit'),
  };
}
