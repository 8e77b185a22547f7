import { BoundedMap } from '../collections/bounded-map.ts';
import { type Entries, takeInMemory } from './in-memory-limits.ts';
import { decodeReply, encodeCall } from './limit-script-wire.ts';
import type { LimitStore } from './limit-store.ts';

interface Entry {
  readonly value: string;
  readonly expiresAtMicroseconds: number;
}

/** Texts by key, at most `maxEntries`; above that, the entries written first are dropped. */
export class MemoryEntries implements Entries {
  readonly #entries: BoundedMap<Entry>;

  constructor(maxEntries: number) {
    this.#entries = new BoundedMap(maxEntries);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): string | undefined {
    return this.#entries.get(key)?.value;
  }

  set(key: string, value: string, expiresAtMicroseconds: number): void {
    this.#entries.set(key, { value, expiresAtMicroseconds });
  }

  /** Removes expired entries. */
  sweep(nowMicroseconds: number): void {
    for (const [key, { expiresAtMicroseconds }] of this.#entries) {
      if (expiresAtMicroseconds <= nowMicroseconds) this.#entries.delete(key);
    }
  }
}

/**
 * The limit store within one process: the fallback while the shared one is unavailable, and the limit store
 * of a run without one.
 *
 * @param now Milliseconds since the epoch.
 */
export function createInMemoryLimitStore(now: () => number, entries: Entries): LimitStore {
  return {
    take: async (call) => {
      const { keys, args } = encodeCall(call);
      const reply = takeInMemory(entries, keys, args, Math.floor(now() * 1_000));
      return (
        decodeReply(reply, call.checks.length) ?? {
          kind: 'failed',
          reason: 'the reply is not of this script',
        }
      );
    },
  };
}
