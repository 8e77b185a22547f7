/** What has to be undone, last thing first, once. */
export class Cleanup {
  readonly #steps: (() => void | Promise<void>)[] = [];
  #done: Promise<void> | undefined;

  /** Adds a step; when everything has been undone already, it is taken at once. */
  add(step: () => void | Promise<void>): void {
    if (this.#done === undefined) this.#steps.push(step);
    else this.#done = this.#done.then(step);
  }

  /** Takes every step, and resolves when they are done; the second time there is nothing left to do. */
  run(): Promise<void> {
    this.#done ??= this.#takeSteps();
    return this.#done;
  }

  async #takeSteps(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) await step();
  }
}
