import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ProcessSpec {
  /** The name in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The complete environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** The signal that stops it. @default SIGTERM */
  readonly stopSignal?: NodeJS.Signals;
}

/** How a process ended. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  /** `isOver` when the group was closed: the process will never start. */
  | { readonly kind: 'not-started'; readonly reason: string; readonly isOver?: true };

export interface RunningProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly exited: Promise<Exit>;
  /** Sends the stop signal, then SIGKILL after a grace period; returns `exited`. */
  stop(graceMilliseconds?: number): Promise<Exit>;
  /** Sends SIGKILL at once. */
  kill(): void;
}

/** All processes of a run. They stop with the run, even when the run itself is killed. */
export interface ProcessGroup {
  start(spec: ProcessSpec): RunningProcess;
  /** The running processes. */
  running(): readonly Pick<RunningProcess, 'name' | 'pid'>[];
  /** Stops all processes. Resolves when none is left; no process can start afterwards. */
  close(): Promise<void>;
}

const reaperPath = fileURLToPath(new URL('reaper.mjs', import.meta.url));
const defaultGraceMilliseconds = 2_000;

export function createProcessGroup(): ProcessGroup {
  const running = new Set<RunningProcess>();
  let closed = false;
  // Detached, so that Ctrl-C on the terminal, which signals the whole foreground group, does not stop the reaper.
  const reaper = spawn(process.execPath, [reaperPath], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  const reaperGone = new Promise<void>((done) => reaper.once('close', () => done()));
  reaper.stdin.on('error', () => {}); // The reaper is a fallback; the run continues without it.
  reaper.unref();

  return {
    start(spec) {
      if (closed) return neverStarted(spec.name);
      const child = startProcess(spec);
      if (child.pid !== undefined) reaper.stdin.write(`+${child.pid} ${spec.stopSignal ?? 'SIGTERM'}\n`);
      running.add(child);
      void child.exited.then(() => {
        running.delete(child);
        if (child.pid !== undefined && reaper.stdin.writable) reaper.stdin.write(`-${child.pid}\n`);
      });
      return child;
    },
    running: () => [...running].map(({ name, pid }) => ({ name, pid })),
    async close() {
      closed = true;
      await Promise.all([...running].map((child) => child.stop()));
      reaper.stdin.end();
      // Register the exit before anyone waits for it.
      reaper.ref();
      await reaperGone;
    },
  };
}

/** Describes an exit as the end of a sentence: "the process …". */
export function describeExit(exit: Exit): string {
  if (exit.kind === 'not-started') return `could not start: ${exit.reason}`;
  return exit.kind === 'exited' ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
}

function startProcess({ name, command, args, env, cwd, onLine, stopSignal }: ProcessSpec): RunningProcess {
  const child = spawn(command, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    // A separate process group: on Ctrl-C the run stops the process in order, not the terminal.
    detached: true,
    // Standard input stays open while the run lives; a program may watch it.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // Nothing is written to it.
  if (onLine !== undefined) {
    createInterface({ input: child.stdout }).on('line', (line) => onLine(line, 'stdout'));
    createInterface({ input: child.stderr }).on('line', (line) => onLine(line, 'stderr'));
  } else {
    child.stdout.resume();
    child.stderr.resume();
  }
  const exited = exitOf(child);
  return {
    name,
    pid: child.pid,
    exited,
    stop(graceMilliseconds = defaultGraceMilliseconds) {
      child.kill(stopSignal ?? 'SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
      void exited.then(() => clearTimeout(killer));
      return exited;
    },
    kill: () => void child.kill('SIGKILL'),
  };
}

function neverStarted(name: string): RunningProcess {
  const exited = Promise.resolve<Exit>({ kind: 'not-started', reason: 'the run has stopped', isOver: true });
  return { name, pid: undefined, exited, stop: () => exited, kill: () => {} };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((done) => {
    child.once('error', (error) => {
      if (child.pid === undefined) done({ kind: 'not-started', reason: error.message });
    });
    // `close` follows the last line of output; `exit` may precede it.
    child.once('close', (code, signal) =>
      done(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal }),
    );
  });
}
