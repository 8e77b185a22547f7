/** Raised for work that takes longer than it may. */
export class DeadlineExceededError extends Error {
  constructor(milliseconds: number) {
    super(`No answer within ${milliseconds} ms.`);
    this.name = 'DeadlineExceededError';
  }
}

/** A delay above this would end at once (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
const longestDelayMilliseconds = 2 ** 31 - 1;

/**
 * Calls `onEnd` once, after so many milliseconds, unless it is cleared before.
 *
 * After a stall of this process a timer runs before the sockets are read, so answers that came in time would count as
 * late: the end is decided after the next reading of the sockets.
 *
 * The timer refers to `onEnd`, and so to all that it needs. `AbortSignal.timeout` and `AbortSignal.any` do not: what only
 * listens to them, such as a `Request`, can be garbage-collected with its time-out while the exchange goes on.
 */
export function startDeadline(milliseconds: number, onEnd: () => void): { readonly clear: () => void } {
  let reading: NodeJS.Immediate | undefined;
  const timer = setTimeout(
    () => {
      reading = setImmediate(onEnd);
    },
    Math.min(Math.max(milliseconds, 0), longestDelayMilliseconds),
  );
  return {
    clear: () => {
      clearTimeout(timer);
      clearImmediate(reading);
    },
  };
}

/**
 * Settles as the work does, or rejects with a `DeadlineExceededError` when it takes longer, whether or not it heeds its signal. What
 * comes of the work after that is dropped.
 *
 * @param work is given a signal that aborts at the deadline.
 */
export async function withDeadline<T>(
  milliseconds: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  let deadline: ReturnType<typeof startDeadline> | undefined;
  const late = new Promise<never>((_, reject) => {
    deadline = startDeadline(milliseconds, () => {
      const error = new DeadlineExceededError(milliseconds);
      end.abort(error);
      reject(error);
    });
  });
  try {
    return await Promise.race([work(end.signal), late]);
  } finally {
    deadline?.clear();
  }
}

/**
 * A signal that aborts with the first of others, with its reason. Unlike `AbortSignal.any`, the others refer to it until
 * `release`, which also ends that, so that long-lived ones do not collect listeners.
 */
export function anySignal(signals: readonly AbortSignal[]): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const end = new AbortController();
  const listeners = signals.map((signal) => ({ signal, onAbort: () => end.abort(signal.reason) }));
  for (const { signal, onAbort } of listeners) {
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
  }
  const release = () => {
    for (const { signal, onAbort } of listeners) signal.removeEventListener('abort', onAbort);
  };
  return { signal: end.signal, release };
}
