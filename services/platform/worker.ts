import { anySignal } from '../../runtime/concurrency/deadline.ts';
import type { Log } from './log.ts';

/** Background work of a service. */
export interface Worker {
  /** Runs the work now instead of after the pause. */
  wake(): void;
  /** Stops the worker. Settles when the current run, and a run that was requested by `wake`, have ended. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly name: string;
  /** Does one piece of the work. Returns how many items it processed; after 0 the worker pauses. */
  readonly run: () => Promise<number>;
  /** Milliseconds of the pause. `wake` ends it. @default 1000 */
  readonly restMs?: number;
  /** Settles after this many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

/** The longest pause after failures. Each failure doubles the pause, starting at `restMs`. */
const maxPauseMs = 30_000;

/** Repeats `run` until the worker is stopped. A failed run is logged and repeated after a pause. */
export function startWorker({ name, run, restMs = 1_000, wait, log }: WorkerOptions): Worker {
  const stopping = new AbortController();
  let rest = new AbortController();
  let isWoken = false;
  let pauseMs = restMs;

  const work = async () => {
    while (!stopping.signal.aborted || isWoken) {
      isWoken = false;
      try {
        const done = await run();
        pauseMs = restMs;
        if (done > 0 || isWoken) continue;
        rest = new AbortController();
        const { signal, release } = anySignal([stopping.signal, rest.signal]);
        await wait(restMs, signal).finally(release);
      } catch (error) {
        log('error', `${name} failed, will retry`, { pauseMs, error: String(error) });
        await wait(pauseMs, stopping.signal);
        pauseMs = Math.min(pauseMs * 2, maxPauseMs);
      }
    }
  };
  const finished = work();

  return {
    wake() {
      isWoken = true;
      rest.abort();
    },
    async stop() {
      stopping.abort();
      await finished;
    },
  };
}
