/** One fault of the configuration: its place, its cause and its remedy. */
export interface Fault {
  /** The faulty entry, such as `catalogue.routes["GET /api/orders"].limit`. */
  readonly entry: string;
  readonly fault: string;
  readonly remedy: string;
}

/**
 * All faults of a configuration in one error, so that a reader corrects a file in one pass. Thrown only at synth.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ entry, fault, remedy }) => `${entry}: ${fault} ${remedy}`).join('\n'));
    this.faults = faults;
  }
}
