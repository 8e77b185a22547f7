import { anySignal } from '../../runtime/concurrency/deadline.ts';
import type { Log } from './log.ts';

/** Work that goes on beside the calls of a service until it is stopped. */
export interface Worker {
  /** There is work to do: do not wait for the next look. */
  wake(): void;
  /** Finishes the piece in hand, and what it has been woken for, and settles. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly name: string;
  /** Does a piece of the work. Gives how much it was; after nothing the worker rests. */
  readonly run: () => Promise<number>;
  /** How long it rests unless it is woken. @default 1000 */
  readonly restMs?: number;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

/** Longest pause after failures, which double it from the rest's length on. */
const maxPauseMs = 30_000;

/** One piece at a time, again and again. A piece that fails is logged and tried again after a pause. */
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
        log('error', `${name} failed, tried again`, { pauseMs, error: String(error) });
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
