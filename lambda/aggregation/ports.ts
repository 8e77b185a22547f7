/** Ports of the composition engine. Nothing here ever rejects: a failure is a result. */

/** One request to a service. */
export interface UpstreamCall {
  /** The catalogue's name of the service, which selects its address, breaker and bulkhead. */
  readonly service: string;
  /** The caller that the decision counts: only a few of one caller's failures count against the service. */
  readonly caller: string;
  readonly method: string;
  /** Path and query, percent-encoded, beginning with "/"; for an external service relative to its URL. */
  readonly path: string;
  /** By lower-case name; complete, with the decision and the identity. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly timeoutMilliseconds: number;
  /**
   * The time that the catalogue gives the service for such a call: a time-out after much less is not the
   * service's fault.
   */
  readonly fullTimeoutMilliseconds: number;
  /** A longer body is `too-large`. */
  readonly maxBytes: number;
  /** Aborts at the caller's deadline, or when the client has disconnected. */
  readonly signal: AbortSignal;
}

export interface UpstreamAnswer {
  readonly kind: 'answer';
  readonly status: number;
  /** By lower-case name, without those of one connection; `set-cookie` is in `cookies`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly cookies: readonly string[];
  readonly body: Buffer;
}

export type UpstreamFailureReason =
  | 'timeout'
  | 'connection'
  | 'dns'
  | 'breaker-open'
  | 'too-large'
  /** Not HTTP, incomplete, or of an invalid status: a 502. */
  | 'invalid-answer'
  | 'aborted'
  | 'bulkhead-full';

export interface UpstreamFailure {
  readonly kind: 'failed';
  readonly reason: UpstreamFailureReason;
}

export interface Upstream {
  /** Sends one request; the caller decides on a retry. */
  call(call: UpstreamCall): Promise<UpstreamAnswer | UpstreamFailure>;
}

/** A cached answer of a part: JSON text of the service, before mapping. */
export interface CachedPart {
  readonly body: string;
  readonly ageSeconds: number;
  /** Younger than `seconds` after it was written. */
  readonly isFresh: boolean;
}

/** The end of a request that brought nothing to cache, for waiting callers. */
export type SharedPartResult =
  /** The service refused the call, with the same result for all callers with the same request. */
  | { readonly kind: 'refused'; readonly answer: UpstreamAnswer }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Each caller has to send a request: the result may not be shared, or there is none. */
  | { readonly kind: 'unshared' };

/**
 * Answers of parts, shared by all instances. While the limit store is unavailable, it returns and keeps
 * nothing.
 */
export interface PartCache {
  /**
   * @param key names audience ("public" or one identity), service and request; any text, of any length.
   * @returns what was written within `seconds + staleSeconds`.
   */
  read(key: string): Promise<CachedPart | undefined>;
  write(
    key: string,
    body: string,
    keep: { readonly seconds: number; readonly staleSeconds: number },
  ): Promise<void>;
  /**
   * Single flight: true to the one caller that sends the request for the key now; it ends with `write`, or
   * after the time. An unavailable limit store leases to every caller.
   */
  lease(key: string, milliseconds: number): Promise<boolean>;
  /** The result of another caller's request: a text, or its end and how many milliseconds ago that was. */
  watch(key: string): Promise<{
    readonly cached: CachedPart | undefined;
    readonly ended: { readonly end: SharedPartResult; readonly ageMilliseconds: number } | undefined;
  }>;
  /**
   * Ends a request that brought nothing to write, and its lease.
   *
   * @param drops Whether to drop the cached text, because the service reported that it is gone or must not be
   * cached.
   */
  end(key: string, end: SharedPartResult, drops: boolean): Promise<void>;
}
