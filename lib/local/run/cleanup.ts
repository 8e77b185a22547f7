/** The run was stopped while it started. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
}

/** How long the stop waits for a part that is still starting, before it closes the others. */
const maxOpeningMilliseconds = 2_000;

type Step = () => void | Promise<void>;

/**
 * The parts of a run as one ordered list: they start in order and stop in reverse order. A part is registered before it
 * starts, so that a stop at any time closes all started parts and starts no further ones.
 */
export class Cleanup {
  readonly #steps: Step[] = [];
  readonly #report: (fault: string) => void;
  readonly #onStage: (name: string) => void;
  #done: Promise<void> | undefined;

  /**
   * @param report receives the error of a part that fails to close; the other parts are closed nevertheless.
   * @param onStage receives the name of each part before it starts.
   */
  constructor(report: (fault: string) => void = () => {}, onStage: (name: string) => void = () => {}) {
    this.#report = report;
    this.#onStage = onStage;
  }

  /**
   * Starts a part. When the run stops in the meantime, the part is closed as soon as it has started.
   *
   * @throws {RunEnded} when the run has been stopped; then the part is not started, or closed again.
   */
  async open<Resource>(
    name: string,
    opening: () => Resource | Promise<Resource>,
    close: (resource: Resource) => void | Promise<void>,
  ): Promise<Resource> {
    this.stage(name);
    let begin = () => {};
    const opened = new Promise<void>((resolve) => {
      begin = resolve;
    }).then(opening);
    this.#steps.push(async () => {
      const isOpen = await settlesSoon(opened);
      const closed = opened.then(close, () => {});
      // A part that starts later is closed then; the others do not wait for it.
      if (isOpen) await closed;
    });
    begin();
    const resource = await opened;
    this.throwIfEnded();
    return resource;
  }

  /**
   * Announces a step of the start that has nothing to close.
   *
   * @throws {RunEnded} when the stop has begun.
   */
  stage(name: string): void {
    this.throwIfEnded();
    this.#onStage(name);
    this.throwIfEnded();
  }

  /** @throws {RunEnded} when the stop has begun. */
  throwIfEnded(): void {
    if (this.#done !== undefined) throw new RunEnded('The run was stopped.');
  }

  /** Closes all parts once. Resolves when they are closed; never rejects. */
  run(): Promise<void> {
    this.#done ??= this.#takeSteps();
    return this.#done;
  }

  async #takeSteps(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        this.#report(String(error));
      }
    }
  }
}

function settlesSoon(opened: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), maxOpeningMilliseconds);
    const settle = () => {
      clearTimeout(timer);
      resolve(true);
    };
    opened.then(settle, settle);
  });
}
