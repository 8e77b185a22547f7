/** What the composition engine needs of the world around it. Nothing here ever rejects: a failure is a value. */

/** One request to a service. */
export interface UpstreamCall {
  /** The catalogue's name of the service: where it goes, and whose breaker and bulkhead it passes. */
  readonly service: string;
  /** Whom the decision counts: of one caller's failures few count against the service. */
  readonly caller: string;
  readonly method: string;
  /** Path and query, percent-encoded, beginning with "/"; for an external service below its URL. */
  readonly path: string;
  /** By lower-case name; complete, with the decision and the identity. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly timeoutMilliseconds: number;
  /** What the catalogue gives the service for such a call: a time-out after much less is not the service's fault. */
  readonly fullTimeoutMilliseconds: number;
  /** A longer body is `too-large`. */
  readonly maxBytes: number;
  /** The caller's own end: its deadline, or that nobody waits any more. */
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
  /** Not HTTP, not whole, or of a status that no answer may have: a 502. */
  | 'invalid-answer'
  | 'aborted'
  | 'bulkhead-full';

export interface UpstreamFailure {
  readonly kind: 'failed';
  readonly reason: UpstreamFailureReason;
}

export interface Upstream {
  /** Asks once; who calls decides on another try. */
  call(call: UpstreamCall): Promise<UpstreamAnswer | UpstreamFailure>;
}

/** A part's answer as it is kept: JSON text of what the service said, before mapping. */
export interface CachedPart {
  readonly body: string;
  readonly ageSeconds: number;
  /** Younger than `seconds` of when it was written. */
  readonly isFresh: boolean;
}

/** How a request ended that brought nothing to keep, for those who wait for it. */
export type SharedPartResult =
  /** The service says that the call is at fault: the same to all who ask the same. */
  | { readonly kind: 'refused'; readonly answer: UpstreamAnswer }
  | { readonly kind: 'failed'; readonly reason: string }
  /** Each has to ask for itself: what came may not be shared, or nothing did. */
  | { readonly kind: 'unshared' };

/** Answers of parts, shared by all instances. A store that is away has nothing and keeps nothing. */
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
   * Single flight: true to the one who shall ask for the key now; it ends with `write`, or after the time. A store
   * that is away leases to everybody.
   */
  lease(key: string, milliseconds: number): Promise<boolean>;
  /** What another's request came to: a text, or its end and how many milliseconds ago that was. */
  watch(key: string): Promise<{
    readonly kept: CachedPart | undefined;
    readonly ended: { readonly end: SharedPartResult; readonly ageMilliseconds: number } | undefined;
  }>;
  /**
   * Ends a request that brought nothing to write, and its lease.
   *
   * @param drops Whether what is kept goes, since the service has said that it is gone or may not be kept.
   */
  end(key: string, end: SharedPartResult, drops: boolean): Promise<void>;
}
