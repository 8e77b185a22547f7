import type { HeaderFields } from '../http/header-fields.ts';
import type { Lifetime } from './freshness.ts';

/** An answer in the cache. */
export interface Entry {
  /** Path and query that it answers. */
  readonly url: string;
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer;
  readonly lifetime: Lifetime;
  /** When it was made or last found unchanged. */
  readonly madeMs: number;
}

/** Entries by key, the longest unused dropped first once their bodies are more than the bound. */
export class CacheStore {
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  set(key: string, entry: Entry): void {
    this.delete(key);
    this.#entries.set(key, entry);
    this.#bytes += entry.body.length;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break;
      this.delete(oldest);
    }
  }

  /** Forgets every entry that is meant; the next request for it goes to the origin. */
  forget(isMeant: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.#entries) if (isMeant(entry)) this.delete(key);
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.body.length ?? 0;
    this.#entries.delete(key);
  }
}

/** Whole seconds since the entry was made. */
export function ageSeconds(entry: Entry, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - entry.madeMs) / 1_000));
}

export type Use = 'fresh' | 'while-revalidating' | 'if-error' | 'expired';

/** What an entry is good for by now. */
export function useOf({ lifetime, madeMs }: Entry, nowMs: number): Use {
  const overdueMs = nowMs - madeMs - lifetime.freshSeconds * 1_000;
  if (overdueMs < 0) return 'fresh';
  if (overdueMs < lifetime.staleWhileRevalidateSeconds * 1_000) return 'while-revalidating';
  const bound = lifetime.staleIfErrorSeconds;
  return bound === null || overdueMs < bound * 1_000 ? 'if-error' : 'expired';
}
