/** Raised when work exceeds its deadline. */
export class DeadlineExceededError extends Error {
  constructor(milliseconds: number) {
    super(`No answer within ${milliseconds} ms.`);
    this.name = 'DeadlineExceededError';
  }
}

/**
 * The longest delay of a timer; a longer one would fire at once
 * (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args).
 */
const longestDelayMilliseconds = 2 ** 31 - 1;

/**
 * Calls `onEnd` once, after so many milliseconds, unless it is cleared before.
 * After this process has stalled, Node runs timers before it reads the sockets, so answers that arrived in
 * time would count as late. The deadline is therefore decided after the next read of the sockets.
 * The timer references `onEnd`, and so everything that it needs. `AbortSignal.timeout` and `AbortSignal.any`
 * do not: an object that only listens to them, such as a `Request`, can be garbage-collected together with
 * its time-out while the exchange is running.
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
 * Settles as the work does, or rejects with a `DeadlineExceededError` when it takes longer, even if the work
 * ignores its signal. The later result of the work is discarded.
 *
 * @param work receives a signal that aborts at the deadline.
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
 * A signal that aborts with the first of several signals, with its reason. Unlike with `AbortSignal.any`, the
 * signals reference it until `release`, which also removes the listeners, so that long-lived signals do not
 * collect them.
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
