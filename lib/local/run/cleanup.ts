/** The run was ended while it was starting. */
export class RunEnded extends Error {
  override readonly name = 'RunEnded';
}

/** How long the end waits for something that is just being opened, before it closes the rest. */
const maxOpeningMilliseconds = 2_000;

type Step = () => void | Promise<void>;

/**
 * What a run has to close, last thing first, once. Closing is registered before a resource is opened, so whenever the
 * run is ended, nothing that was begun stays, and nothing further is begun.
 */
export class Cleanup {
  readonly #steps: Step[] = [];
  readonly #report: (fault: string) => void;
  readonly #onStage: (name: string) => void;
  #done: Promise<void> | undefined;

  /**
   * @param report gets the fault of a step; the other steps are taken all the same.
   * @param onStage gets the name of each resource before it is opened.
   */
  constructor(report: (fault: string) => void = () => {}, onStage: (name: string) => void = () => {}) {
    this.#report = report;
    this.#onStage = onStage;
  }

  /**
   * Opens a resource. When the run is ended meanwhile, the resource is closed as soon as it is open.
   *
   * @throws {RunEnded} when the run has been ended; nothing is opened then, or it is closed again.
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
      // What opens later is closed then; the rest does not wait for it.
      if (isOpen) await closed;
    });
    begin();
    const resource = await opened;
    this.throwIfEnded();
    return resource;
  }

  /**
   * A step of the start that opens nothing of its own begins.
   *
   * @throws {RunEnded} when the end has begun.
   */
  stage(name: string): void {
    this.throwIfEnded();
    this.#onStage(name);
    this.throwIfEnded();
  }

  /** @throws {RunEnded} when the end has begun. Between two steps of a start that open nothing. */
  throwIfEnded(): void {
    if (this.#done !== undefined) throw new RunEnded('The run was ended.');
  }

  /** Takes every step, and resolves when they are done; the second time there is nothing left to do. Never rejects. */
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
