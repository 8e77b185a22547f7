/** How old a fetched value may grow, in milliseconds. */
export interface Freshness {
  /** Older than this, the value is fetched anew beside the call that asked for it. */
  readonly freshMilliseconds: number;
  /**
   * Older than this, the call waits for the fetch: Lambda freezes a process between calls, so a fetch beside a call
   * may never end. When that fetch fails, the old value serves on.
   */
  readonly staleMilliseconds: number;
  /** Between two attempts, whatever came of the first. */
  readonly cooldownMilliseconds: number;
}

export type RefreshOutcome = 'refreshed' | 'failed' | 'cooling';

/**
 * A value that is fetched from elsewhere and kept: one fetch at a time, no more often than the cool-down allows, and
 * the last known value for as long as the source is away. The fetch bounds its own time; nobody waits for a cool-down.
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

  /** Whether the source did not answer when last asked. */
  get isAway(): boolean {
    return this.#lastFailed;
  }

  /**
   * The last known value, refreshed as its age demands; undefined when none was ever fetched.
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
   * Fetches now, or joins the fetch under way; `cooling` at once when the last attempt is too recent. Never rejects.
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

/** Milliseconds since then; a clock that stepped back, or no then, is as long ago as can be. */
function elapsed(then: number | undefined, now: number): number {
  return then === undefined || now < then ? Number.POSITIVE_INFINITY : now - then;
}
