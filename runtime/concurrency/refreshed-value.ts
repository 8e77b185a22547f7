/** Maximum ages of a fetched value, in milliseconds. */
export interface Freshness {
  /** Above this age, the value is fetched again in the background of the call that needed it. */
  readonly freshMilliseconds: number;
  /**
   * Above this age, the call waits for the fetch: Lambda freezes a process between calls, so a background
   * fetch may never end. When that fetch fails, the old value is still used.
   */
  readonly staleMilliseconds: number;
  /** Between two attempts, whatever the result of the first. */
  readonly cooldownMilliseconds: number;
}

export type RefreshOutcome = 'refreshed' | 'failed' | 'cooling';

/**
 * A cached value from a remote source: one fetch at a time, no more often than the cool-down allows, and the
 * last known value while the source is unavailable. The fetch must bound its own time; callers never wait for
 * a cool-down.
 */
export class RefreshedValue<Value> {
  readonly #fetch: () => Promise<Value>;
  readonly #freshness: Freshness;
  readonly #onFailure: (error: unknown) => void;
  #known: { readonly value: Value; readonly at: number } | undefined;
  #attemptedAt: number | undefined;
  #lastFailed = false;
  #flight: Promise<RefreshOutcome> | undefined;

  constructor(fetch: () => Promise<Value>, freshness: Freshness, onFailure: (error: unknown) => void) {
    this.#fetch = fetch;
    this.#freshness = freshness;
    this.#onFailure = onFailure;
  }

  /** Whether the last fetch failed. */
  get isUnavailable(): boolean {
    return this.#lastFailed;
  }

  /** The known value while it is fresh; otherwise undefined, and `current` fetches. */
  fresh(now: number): Value | undefined {
    return elapsed(this.#known?.at, now) <= this.#freshness.freshMilliseconds
      ? this.#known?.value
      : undefined;
  }

  /**
   * The last known value, fetched again according to its age; undefined when none was ever fetched.
   *
   * @param now Milliseconds since the epoch.
   */
  async current(now: number): Promise<Value | undefined> {
    const age = elapsed(this.#known?.at, now);
    if (age > this.#freshness.staleMilliseconds) await this.refresh(now);
    else if (age > this.#freshness.freshMilliseconds) void this.refresh(now);
    return this.#known?.value;
  }

  /**
   * Fetches now, or joins the fetch in progress; resolves with `cooling` at once when the last attempt is too
   * recent. Never rejects.
   *
   * @param now Milliseconds since the epoch.
   */
  refresh(now: number): Promise<RefreshOutcome> {
    if (this.#flight !== undefined) return this.#flight;
    if (elapsed(this.#attemptedAt, now) < this.#freshness.cooldownMilliseconds) {
      return Promise.resolve('cooling');
    }
    this.#attemptedAt = now;
    this.#flight = this.#attempt(now).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #attempt(now: number): Promise<RefreshOutcome> {
    try {
      this.#known = { value: await this.#fetch(), at: now };
      this.#lastFailed = false;
      return 'refreshed';
    } catch (error) {
      this.#lastFailed = true;
      this.#onFailure(error);
      return 'failed';
    }
  }
}

/** Milliseconds since then; infinite when the clock stepped back or there was no earlier time. */
function elapsed(then: number | undefined, now: number): number {
  return then === undefined || now < then ? Number.POSITIVE_INFINITY : now - then;
}
