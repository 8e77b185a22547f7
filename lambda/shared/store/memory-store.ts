import { type Entries, executeInMemory } from './memory-script.ts';
import type { LimitStore } from './store.ts';
import { decodeReply, encodeCall } from './wire.ts';

/** Texts by key, at most `maxEntries`: beyond that the entries written longest ago go first. */
export class MemoryEntries implements Entries {
  readonly #entries = new Map<string, { readonly value: string; readonly expiresAtMicroseconds: number }>();
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

  get(key: string): string | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: string, value: string, expiresAtMicroseconds: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, expiresAtMicroseconds });
    if (this.#entries.size > this.#maxEntries) {
      const oldest = this.#oldest.next();
      if (oldest.done !== true) this.#entries.delete(oldest.value);
    }
  }

  /** Frees what means nothing any more. */
  sweep(nowMicroseconds: number): void {
    for (const [key, { expiresAtMicroseconds }] of this.#entries) {
      if (expiresAtMicroseconds <= nowMicroseconds) this.#entries.delete(key);
    }
  }
}

/**
 * The store within one process: the stand-in while the shared one is away, and the store of a run without one.
 *
 * @param now Milliseconds since the epoch.
 */
export function createMemoryStore(now: () => number, entries: Entries): LimitStore {
  return {
    take: async (call) => {
      const { keys, args } = encodeCall(call);
      const reply = executeInMemory(entries, keys, args, Math.floor(now() * 1_000));
      return (
        decodeReply(reply, call.checks.length) ?? {
          kind: 'failed',
          because: 'the reply is not of this script',
        }
      );
    },
  };
}
