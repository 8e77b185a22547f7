export interface CircuitBreakerSettings {
  readonly failuresToOpen: number;
  readonly cooldownMilliseconds: number;
}

/**
 * Stops calls to an unavailable dependency: after several failures in a row, it admits one call per
 * cool-down.
 */
export class CircuitBreaker {
  readonly #settings: CircuitBreakerSettings;
  #failures = 0;
  #mayTryAt = 0;

  constructor(settings: CircuitBreakerSettings) {
    this.#settings = settings;
  }

  /** A new closed breaker with the same settings. */
  withSameSettings(): CircuitBreaker {
    return new CircuitBreaker(this.#settings);
  }

  get isOpen(): boolean {
    return this.#failures >= this.#settings.failuresToOpen;
  }

  /**
   * Whether a call may be sent now. While open, an admitted call is the only probe of this cool-down: the
   * next is admitted a cool-down later even if this one never ends.
   *
   * @param now Milliseconds, of a clock that does not step back.
   */
  admits(now: number): boolean {
    if (!this.isOpen) return true;
    if (now < this.#mayTryAt) return false;
    this.#mayTryAt = now + this.#settings.cooldownMilliseconds;
    return true;
  }

  recordSuccess(): void {
    this.#failures = 0;
  }

  recordFailure(now: number): void {
    this.#failures += 1;
    if (this.isOpen) this.#mayTryAt = now + this.#settings.cooldownMilliseconds;
  }
}
