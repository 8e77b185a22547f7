/** One thing wrong with the configuration: where, what, and what to do about it. */
export interface Fault {
  /** The entry at fault, e.g. `catalogue.routes["GET /api/orders"].limit`. */
  readonly entry: string;
  readonly fault: string;
  readonly remedy: string;
}

/** Every fault of a configuration at once, so that a reader fixes a file in one go. Thrown at synth only. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ entry, fault, remedy }) => `${entry}: ${fault} ${remedy}`).join('\n'));
    this.faults = faults;
  }
}
