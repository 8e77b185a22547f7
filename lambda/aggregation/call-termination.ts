import { startDeadline } from '../../runtime/concurrency/deadline.ts';
import type { UpstreamCall } from './ports.ts';

/** Reasons that end a call before its answer: its time, or its caller. */
export class CallTermination {
  readonly #signal: AbortSignal;
  readonly #deadline: ReturnType<typeof startDeadline>;
  #fail: ((error: unknown) => void) | undefined;
  reason: 'timeout' | 'aborted' | undefined;

  constructor({ signal, timeoutMilliseconds }: UpstreamCall) {
    this.#signal = signal;
    this.#deadline = startDeadline(timeoutMilliseconds, () => this.#end('timeout'));
    if (signal.aborted) this.#onAbort();
    else signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Replaces an earlier attempt's connection error by this attempt's failure. */
  follow(fail: (error: unknown) => void): void {
    this.#fail = fail;
    if (this.reason !== undefined) fail(new Error(this.reason));
  }

  clear(): void {
    this.#deadline.clear();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  /** The caller's deadline counts as a time-out of the service. */
  readonly #onAbort = (): void => this.#end(isTimeout(this.#signal.reason) ? 'timeout' : 'aborted');

  #end(reason: 'timeout' | 'aborted'): void {
    this.reason ??= reason;
    this.#fail?.(new Error(reason));
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
