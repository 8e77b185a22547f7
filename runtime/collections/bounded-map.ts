/** A map of at most `maxEntries`: beyond that, what was written longest ago goes. */
export class BoundedMap<Value> implements Iterable<[string, Value]> {
  /** A `Map` iterates in order of insertion, so the first key is the one written longest ago. */
  readonly #entries = new Map<string, Value>();
  /**
   * Over the keys from the oldest on. It goes on where it stopped and meets what was inserted since, so all before it
   * is gone; an iteration begun anew would walk over the gaps of all that was deleted.
   */
  readonly #oldest = this.#entries.keys();
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size > this.#maxEntries) {
      const oldest = this.#oldest.next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  [Symbol.iterator](): IterableIterator<[string, Value]> {
    return this.#entries[Symbol.iterator]();
  }
}
