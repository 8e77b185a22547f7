import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export interface ProcessSpec {
  /** Who it is, in messages. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** What asks it to end. @default SIGTERM */
  readonly stopSignal?: NodeJS.Signals;
}

/** How a process ended. */
export type Exit =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  /** `isOver` when the group was closed: it will never start. */
  | { readonly kind: 'not-started'; readonly reason: string; readonly isOver?: true };

export interface RunningProcess {
  readonly name: string;
  readonly pid: number | undefined;
  readonly exited: Promise<Exit>;
  /** The signal to stop, then SIGKILL after the grace; the same promise as `exited`. */
  stop(graceMilliseconds?: number): Promise<Exit>;
  /** SIGKILL at once. */
  kill(): void;
}

/** All processes of one run: they end with it, even when it is killed itself. */
export interface ProcessGroup {
  start(spec: ProcessSpec): RunningProcess;
  /** Those that are alive, by name. */
  running(): readonly Pick<RunningProcess, 'name' | 'pid'>[];
  /** Ends every process and resolves when none is left. Nothing starts from then on. */
  close(): Promise<void>;
}

const reaperPath = fileURLToPath(new URL('reaper.mjs', import.meta.url));
const defaultGraceMilliseconds = 2_000;

export function createProcessGroup(): ProcessGroup {
  const running = new Set<RunningProcess>();
  let closed = false;
  // Detached, so that a Ctrl-C of the terminal, which reaches the whole foreground group, leaves it its work.
  const reaper = spawn(process.execPath, [reaperPath], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: {},
  });
  const reaperGone = new Promise<void>((done) => reaper.once('close', () => done()));
  reaper.stdin.on('error', () => {}); // The reaper is a second net; losing it ends nobody.
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
      // Whoever waits for it must not end before.
      reaper.ref();
      await reaperGone;
    },
  };
}

/** In words that continue "the process …". */
export function describeExit(exit: Exit): string {
  if (exit.kind === 'not-started') return `could not start: ${exit.reason}`;
  return exit.kind === 'exited' ? `ended with exit code ${exit.code}` : `was ended by ${exit.signal}`;
}

function startProcess({ name, command, args, env, cwd, onLine, stopSignal }: ProcessSpec): RunningProcess {
  const child = spawn(command, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    // A group of its own: on Ctrl-C it is the run that ends it, in order, and not the terminal.
    detached: true,
    // Its standard input stays open as long as the run lives, which a program may watch.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {}); // Nothing is ever written to it.
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
  const exited = Promise.resolve<Exit>({ kind: 'not-started', reason: 'the run is over', isOver: true });
  return { name, pid: undefined, exited, stop: () => exited, kill: () => {} };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((done) => {
    child.once('error', (error) => {
      if (child.pid === undefined) done({ kind: 'not-started', reason: error.message });
    });
    // `close` comes after the last line of output, `exit` may come before it.
    child.once('close', (code, signal) =>
      done(signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal }),
    );
  });
}
