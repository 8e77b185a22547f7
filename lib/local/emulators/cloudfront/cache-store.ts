import type { HeaderFields } from '../../http/header-fields.ts';
import type { Lifetime } from './freshness.ts';

/** A response in the cache. */
export interface Entry {
  /** The path and query of the request. */
  readonly url: string;
  readonly status: number;
  readonly headers: HeaderFields;
  readonly body: Buffer;
  readonly lifetime: Lifetime;
  /** The ETag of the origin; compression may have made the ETag of the copy weak. */
  readonly originEtag?: string | undefined;
  /** When the response was stored or last revalidated, in milliseconds since 1970. */
  readonly madeMs: number;
}

/** The memory of an entry besides its strings and its body, in bytes: objects and the slot of the map. */
const overheadBytes = 1_024;

/** The memory of an entry in bytes; a string takes two bytes per character. */
function bytesOf(key: string, { url, headers, body, originEtag = '' }: Entry): number {
  const texts = [key, url, originEtag, ...headers.toRaw()];
  return overheadBytes + body.length + 2 * texts.reduce((sum, text) => sum + text.length, 0);
}

/** A least-recently-used cache of responses, bounded by entries and bytes. */
export class CacheStore {
  readonly #entries = new Map<string, Entry>();
  readonly #maxBytes: number;
  readonly #maxEntries: number;
  #bytes = 0;

  /** @param maxBytes the limit for keys, header fields and bodies together. */
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

  /** Removes all matching entries; the next request for them goes to the origin. */
  invalidate(matches: (entry: Entry) => boolean): void {
    for (const [key, entry] of this.#entries) if (matches(entry)) this.delete(key);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#bytes -= bytesOf(key, entry);
    this.#entries.delete(key);
  }
}

/** Whole seconds since the entry was stored or revalidated. */
export function ageSeconds(entry: Entry, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - entry.madeMs) / 1_000));
}

export type EntryUse = 'fresh' | 'while-revalidating' | 'if-error' | 'expired';

/** How an entry may be used at a given time. */
export function entryUse({ lifetime, madeMs }: Entry, nowMs: number): EntryUse {
  const overdueMs = nowMs - madeMs - lifetime.freshSeconds * 1_000;
  if (overdueMs < 0) return 'fresh';
  if (overdueMs < lifetime.staleWhileRevalidateSeconds * 1_000) return 'while-revalidating';
  const limit = lifetime.staleIfErrorSeconds;
  return limit === null || overdueMs < limit * 1_000 ? 'if-error' : 'expired';
}
