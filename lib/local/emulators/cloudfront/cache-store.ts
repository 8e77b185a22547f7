import type { HeaderFields } from '../../http/header-fields.ts';
import type { Lifetime } from './freshness.ts';

/** An answer in the cache. */
export interface Entry {
  /** Path and query that it answers. */
  readonly url: string;
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer;
  readonly lifetime: Lifetime;
  /** As the origin wrote it; the copy's own may have been made weak by compression. */
  readonly originEtag?: string | undefined;
  /** When it was made or last found unchanged. */
  readonly madeMs: number;
}

/** What an entry takes besides its texts and its body, in bytes: objects, and the map's own slot. */
const overheadBytes = 1_024;

/** Bytes that an entry takes: a text has two for each character. */
function bytesOf(key: string, { url, headers, body, originEtag = '' }: Entry): number {
  const texts = [key, url, originEtag, ...headers.toRaw()];
  return overheadBytes + body.length + 2 * texts.reduce((sum, text) => sum + text.length, 0);
}

/** Entries by key, the longest unused dropped first once they are too many, or take more than the bound. */
export class CacheStore {
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  readonly #maxEntries: number;
  #bytes = 0;

  /** @param maxBytes of keys, header fields and bodies together. */
  constructor(maxBytes: number, maxEntries: number) {
    this.#maxBytes = maxBytes;
    this.#maxEntries = maxEntries;
  }

  get size(): number {
    return this.#entries.size;
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
    this.#bytes += bytesOf(key, entry);
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#maxBytes && this.#entries.size <= this.#maxEntries) break;
      this.delete(oldest);
    }
  }

  /** Forgets every entry that is meant; the next request for it goes to the origin. */
  invalidate(isMeant: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.#entries) if (isMeant(entry)) this.delete(key);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#bytes -= bytesOf(key, entry);
    this.#entries.delete(key);
  }
}

/** Whole seconds since the entry was made. */
export function ageSeconds(entry: Entry, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - entry.madeMs) / 1_000));
}

export type EntryUse = 'fresh' | 'while-revalidating' | 'if-error' | 'expired';

/** What an entry is good for by now. */
export function entryUse({ lifetime, madeMs }: Entry, nowMs: number): EntryUse {
  const overdueMs = nowMs - madeMs - lifetime.freshSeconds * 1_000;
  if (overdueMs < 0) return 'fresh';
  if (overdueMs < lifetime.staleWhileRevalidateSeconds * 1_000) return 'while-revalidating';
  const bound = lifetime.staleIfErrorSeconds;
  return bound === null || overdueMs < bound * 1_000 ? 'if-error' : 'expired';
}
