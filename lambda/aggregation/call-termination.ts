import { startDeadline } from '../../runtime/concurrency/deadline.ts';
import type { UpstreamCall } from './ports.ts';

/** What ends a call before its answer: its own time, or its caller. */
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

  /** Fails this attempt in place of an earlier one, whatever its connection does. */
  follow(fail: (error: unknown) => void): void {
    this.#fail = fail;
    if (this.reason !== undefined) fail(new Error(this.reason));
  }

  clear(): void {
    this.#deadline.clear();
    this.#signal.removeEventListener('abort', this.#onAbort);
  }

  /** A deadline of the caller is a service that was too slow for it, and counts as such. */
  readonly #onAbort = (): void => this.#end(isTimeout(this.#signal.reason) ? 'timeout' : 'aborted');

  #end(reason: 'timeout' | 'aborted'): void {
    this.reason ??= reason;
    this.#fail?.(new Error(reason));
  }
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}
