import { Readable } from 'node:stream';
import type { HttpResponse } from '../../http/exchange.ts';
import { HeaderFields } from '../../http/header-fields.ts';
import { ageSeconds, CacheStore, type Entry, entryUse } from './cache-store.ts';
import { errorSeconds, type Lifetime, lifetimeOf, type Ttls } from './freshness.ts';

/** The result of a request to the origin; `etag` is the ETag before the edge compressed the response. */
export type OriginOutcome =
  | { readonly kind: 'answered'; readonly answer: HttpResponse; readonly etag?: string | undefined }
  /** The origin did not respond; the answer is an error page of the edge with status 502 or 504. */
  | { readonly kind: 'failed'; readonly answer: HttpResponse }
  | { readonly kind: 'gone' };

/** A request to the cache. */
export interface Lookup {
  readonly key: string;
  /** The path and query, for invalidations. */
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  readonly ttls: Ttls;
  /** The distribution's error caching minimum TTL of a status code, in seconds. */
  readonly errorSeconds: (status: number) => number;
  /**
   * Sends the request to the origin.
   *
   * @param validators `If-None-Match` and `If-Modified-Since` of the cached response.
   */
  readonly fetch: (validators: HeaderFields, gone: AbortSignal) => Promise<OriginOutcome>;
  /** Aborts when the viewer disconnects. */
  readonly gone: AbortSignal;
}

export type XCache = 'Hit' | 'Miss' | 'RefreshHit' | 'Error';

export interface Served {
  readonly answer: HttpResponse;
  readonly xCache: XCache;
  /** The `Age` of a cached response, in seconds. */
  readonly ageSeconds?: number;
}

/** The cache does not store larger responses, in bytes. */
const maxEntryBytes = 8 * 1_024 * 1_024;
const maxCacheBytes = 128 * 1_024 * 1_024;
const maxEntries = 20_000;

interface Flight {
  readonly entry: Promise<Entry | null>;
  /** The number of other requests that wait for the result. */
  waiting: number;
}

/**
 * The cache of the edge. It serves fresh responses, serves stale ones while it revalidates or the origin fails, and
 * sends one request to the origin for many simultaneous viewers.
 */
export class SharedCache {
  readonly #store = new CacheStore(maxCacheBytes, maxEntries);
  readonly #flights = new Map<string, Flight>();
  readonly #now: () => number;

  /** @param now milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Removes all matching responses. */
  invalidate(matches: (entry: Entry) => boolean): void {
    this.#store.invalidate(matches);
  }

  /** A complete, fresh response; undefined when the origin must be asked. */
  fresh(key: string): Served | undefined {
    const entry = this.#store.get(key);
    const isWhole = entry?.status === 200 && entryUse(entry, this.#now()) === 'fresh';
    return isWhole ? this.#copy(entry, 'Hit') : undefined;
  }

  /** Serves a request from the cache or the origin; null when the viewer has disconnected. */
  async serve(lookup: Lookup): Promise<Served | null> {
    const entry = this.#store.get(lookup.key);
    if (entry !== undefined) {
      const use = entryUse(entry, this.#now());
      if (use === 'fresh') return this.#copy(entry, 'Hit');
      if (use === 'while-revalidating') {
        this.#refresh(lookup);
        return this.#copy(entry, 'RefreshHit');
      }
    }
    const flight = this.#flights.get(lookup.key);
    if (flight === undefined || lookup.method === 'HEAD') return this.#fetch(lookup, entry);
    flight.waiting += 1;
    const arrived = await flight.entry;
    flight.waiting -= 1;
    // A response that may not be shared belongs to its viewer only; all others send their own requests.
    return arrived === null ? this.#fetch(lookup, entry) : this.#copy(arrived, 'Hit');
  }

  #copy(entry: Entry, xCache: XCache): Served {
    return {
      answer: { status: entry.status, headers: entry.headers.copy(), body: entry.body },
      xCache: entry.status >= 400 ? 'Error' : xCache,
      ageSeconds: ageSeconds(entry, this.#now()),
    };
  }

  /** Revalidates in the background, at most once at a time. */
  #refresh(lookup: Lookup): void {
    if (this.#flights.has(lookup.key)) return;
    const neverAborted = new AbortController().signal;
    this.#fetch({ ...lookup, method: 'GET', gone: neverAborted }, this.#store.get(lookup.key)).then(
      (served) => {
        const body = served?.answer.body;
        if (body instanceof Readable) body.resume();
      },
      () => undefined,
    );
  }

  async #fetch(lookup: Lookup, stale: Entry | undefined): Promise<Served | null> {
    const { key, method } = lookup;
    let land: (entry: Entry | null) => void = () => undefined;
    const flight: Flight = { entry: new Promise((resolve) => (land = resolve)), waiting: 0 };
    const leads = method === 'GET' && lookup.ttls.MaxTTL > 0 && !this.#flights.has(key);
    if (leads) this.#flights.set(key, flight);
    const left = new AbortController();
    const leave = () => {
      if (flight.waiting === 0) left.abort();
    };
    lookup.gone.addEventListener('abort', leave, { once: true });
    let stored: Entry | null = null;
    try {
      const outcome = await lookup.fetch(validatorsOf(stale), left.signal);
      if (outcome.kind === 'gone') return null;
      const { answer } = outcome;
      if (outcome.kind === 'answered' && answer.status === 304 && stale !== undefined) {
        const renewed = this.#renewed(lookup, stale, outcome);
        // A response that may not be cached any more belongs to its viewer only.
        stored = renewed.isCached ? renewed.entry : null;
        return this.#copy(renewed.entry, 'RefreshHit');
      }
      if (answer.status >= 500 && stale !== undefined && entryUse(stale, this.#now()) !== 'expired') {
        if (answer.body instanceof Readable) answer.body.resume();
        stored = stale;
        return this.#copy(stale, 'RefreshHit');
      }
      const lifetime = method === 'GET' ? this.#lifetime(lookup, outcome) : null;
      const xCache = answer.status >= 400 ? 'Error' : 'Miss';
      if (lifetime === null) {
        if (method === 'GET') this.#store.delete(key);
        return { answer, xCache };
      }
      const taken = await takeUpTo(answer.body, maxEntryBytes);
      if (!taken.whole) return { answer: { ...answer, body: taken.body }, xCache };
      stored = {
        url: lookup.url,
        status: answer.status,
        headers: answer.headers.copy(),
        body: taken.body,
        lifetime,
        originEtag: outcome.kind === 'answered' ? outcome.etag : undefined,
        madeMs: this.#now(),
      };
      this.#store.set(key, stored);
      return { answer: { ...answer, body: stored.body }, xCache };
    } finally {
      lookup.gone.removeEventListener('abort', leave);
      if (leads) this.#flights.delete(key);
      land(stored);
    }
  }

  #lifetime(lookup: Lookup, { answer }: { readonly answer: HttpResponse }): Lifetime | null {
    const { status, headers } = answer;
    if (status >= 400) {
      const seconds = errorSeconds(status, headers, lookup.errorSeconds(status), lookup.ttls.MaxTTL);
      return seconds === 0
        ? null
        : { freshSeconds: seconds, staleWhileRevalidateSeconds: 0, staleIfErrorSeconds: 0 };
    }
    // Partial responses, and 304 responses to the viewer's own conditions, are not complete.
    if (status === 206 || status === 304) return null;
    return lifetimeOf(headers, lookup.ttls, this.#now());
  }

  /** Updates a cached response with the header fields of a 304 (RFC 9111 section 3.2). */
  #renewed(
    lookup: Lookup,
    stale: Entry,
    { answer, etag }: Extract<OriginOutcome, { readonly kind: 'answered' }>,
  ): { readonly entry: Entry; readonly isCached: boolean } {
    const headers = stale.headers.copy();
    for (const name of answer.headers.names()) {
      if (bodyFields.has(name)) continue;
      headers.delete(name);
      for (const value of answer.headers.all(name)) headers.append(name, value);
    }
    if (headers.has('content-encoding') && !/\baccept-encoding\b/i.test(headers.get('vary') ?? '')) {
      headers.append('vary', 'Accept-Encoding');
    }
    if (etag !== undefined) headers.set('etag', headers.has('content-encoding') ? weak(etag) : etag);
    const lifetime = lifetimeOf(headers, lookup.ttls, this.#now());
    const entry: Entry = {
      ...stale,
      headers,
      lifetime: lifetime ?? stale.lifetime,
      originEtag: etag ?? stale.originEtag,
      madeMs: this.#now(),
    };
    if (lifetime === null) this.#store.delete(lookup.key);
    else this.#store.set(lookup.key, entry);
    return { entry, isCached: lifetime !== null };
  }
}

/** Fields that describe the stored body, which a 304 does not change; the ETag is handled separately. */
const bodyFields: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'etag',
]);

const weak = (etag: string) => (etag.startsWith('W/') ? etag : `W/${etag}`);

function validatorsOf(entry: Entry | undefined): HeaderFields {
  const validators = new HeaderFields();
  const modified = entry?.headers.get('last-modified');
  if (entry !== undefined && entry.status < 400) {
    if (entry.originEtag !== undefined) validators.set('if-none-match', entry.originEtag);
    if (modified !== undefined) validators.set('if-modified-since', modified);
  }
  return validators;
}

type Taken =
  | { readonly whole: true; readonly body: Buffer }
  /** The body is larger than the limit; the stream still returns all of it. */
  | { readonly whole: false; readonly body: Readable };

async function takeUpTo(body: HttpResponse['body'], maxBytes: number): Promise<Taken> {
  if (body === null) return { whole: true, body: Buffer.alloc(0) };
  if (Buffer.isBuffer(body)) return { whole: true, body };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const rest = body[Symbol.asyncIterator]();
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) {
    const chunk = next.value as Uint8Array;
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > maxBytes)
      return { whole: false, body: Readable.from(joined(chunks, rest), { objectMode: false }) };
  }
  return { whole: true, body: Buffer.concat(chunks) };
}

async function* joined(
  chunks: readonly Uint8Array[],
  rest: AsyncIterator<unknown>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* chunks;
    for (let next = await rest.next(); next.done !== true; next = await rest.next())
      yield next.value as Uint8Array;
  } finally {
    await rest.return?.();
  }
}
