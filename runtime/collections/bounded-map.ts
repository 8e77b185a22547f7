/** A map of at most `maxEntries`; above that, it drops the entries that were written first. */
export class BoundedMap<Value> implements Iterable<[string, Value]> {
  /** A `Map` iterates in insertion order, so the first key is the one written first. */
  readonly #entries = new Map<string, Value>();
  /**
   * Iterator over the keys from the oldest on. It continues where it stopped and also visits later
   * insertions; a new iteration would have to skip the slots of all deleted keys.
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
