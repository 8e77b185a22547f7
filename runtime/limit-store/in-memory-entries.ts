import { BoundedMap } from '../collections/bounded-map.ts';
import { type Entries, takeInMemory } from './in-memory-limits.ts';
import { decodeReply, encodeCall } from './limit-script-wire.ts';
import type { LimitStore } from './limit-store.ts';

interface Entry {
  readonly value: string;
  readonly expiresAtMicroseconds: number;
}

/** Texts by key, at most `maxEntries`: beyond that the entries written longest ago go first. */
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
