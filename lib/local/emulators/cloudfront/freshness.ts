import type { HeaderFields } from '../../http/header-fields.ts';

/** Lifetimes of a cache policy, in seconds. */
export interface Ttls {
  readonly MinTTL: number;
  readonly DefaultTTL: number;
  readonly MaxTTL: number;
}

/** How long an answer may be used, in seconds from when it was made. */
export interface Lifetime {
  readonly freshSeconds: number;
  /** After that, for so long it is given at once while the origin is asked again. */
  readonly staleWhileRevalidateSeconds: number;
  /** After that, for so long it stands in for an error of the origin; null where the origin sets no bound. */
  readonly staleIfErrorSeconds: number | null;
}

/** Directives of `Cache-Control`, names in lower case; a directive without a value is the empty text. */
function cacheDirectives(headers: HeaderFields): ReadonlyMap<string, string> {
  return new Map(
    (headers.get('cache-control') ?? '').split(',').map((directive) => {
      const [name = '', value = ''] = directive.split('=');
      return [name.trim().toLowerCase(), value.trim().replaceAll('"', '')] as const;
    }),
  );
}

function secondsOf(directives: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = directives.get(name);
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/**
 * How long CloudFront keeps a successful answer ("Specifying the amount of time that CloudFront caches objects",
 * CloudFront guide): the origin's own lifetime within the policy's bounds; `no-store`, `no-cache` and `private` are
 * heeded unless the minimum says otherwise; without a word of the origin the default.
 *
 * @returns null when the answer may not be kept.
 */
export function lifetimeOf(headers: HeaderFields, ttls: Ttls, nowMs: number): Lifetime | null {
  if (ttls.MaxTTL === 0 || variesByEverything(headers)) return null;
  const directives = cacheDirectives(headers);
  const never = ['no-store', 'no-cache', 'private'].some((name) => directives.has(name));
  const own = never ? 0 : originSeconds(headers, directives, nowMs);
  const freshSeconds = Math.min(ttls.MaxTTL, Math.max(ttls.MinTTL, own ?? ttls.DefaultTTL));
  if (freshSeconds === 0) return null;
  const mayBeStale = !never && !directives.has('must-revalidate') && !directives.has('proxy-revalidate');
  return {
    freshSeconds,
    staleWhileRevalidateSeconds: mayBeStale ? (secondsOf(directives, 'stale-while-revalidate') ?? 0) : 0,
    // Without the directive CloudFront itself falls back on what it has when the origin is down.
    staleIfErrorSeconds: mayBeStale ? (secondsOf(directives, 'stale-if-error') ?? null) : 0,
  };
}

/** `Vary: *`: no later request is known to be the same (RFC 9110 section 12.5.5). */
function variesByEverything(headers: HeaderFields): boolean {
  return headers.all('vary').some((line) => line.split(',').some((name) => name.trim() === '*'));
}

function originSeconds(
  headers: HeaderFields,
  directives: ReadonlyMap<string, string>,
  nowMs: number,
): number | undefined {
  const declared = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  if (declared !== undefined) return declared;
  const expires = headers.get('expires');
  if (expires === undefined) return undefined;
  const at = Date.parse(expires);
  return Number.isNaN(at) ? 0 : Math.max(0, Math.floor((at - nowMs) / 1_000));
}

/** Errors that are kept in any case, and those that are kept only when the origin says for how long. */
const alwaysKept = new Set([404, 410, 414, 500, 501, 502, 503, 504]);
const cachedIfDeclared = new Set([400, 403, 405, 412, 415]);
/** Of the former, those where the origin may forbid it. */
const heedsNoStore = new Set([404, 410, 414, 501]);

/**
 * For how many seconds CloudFront keeps an error ("HTTP 4xx and 5xx status codes that CloudFront caches", "Control
 * how long CloudFront caches errors", CloudFront guide). Independent of the cache policy, so it happens where caching
 * is off as well.
 *
 * @param minimumSeconds the error caching minimum TTL that the distribution sets for the code; 10 by default.
 */
export function errorSeconds(
  status: number,
  headers: HeaderFields,
  minimumSeconds: number,
  maxTtlSeconds: number,
): number {
  if (variesByEverything(headers)) return 0;
  const directives = cacheDirectives(headers);
  const declared = secondsOf(directives, 's-maxage') ?? secondsOf(directives, 'max-age');
  const declaredSeconds =
    declared === undefined ? undefined : Math.max(minimumSeconds, Math.min(declared, maxTtlSeconds));
  if (alwaysKept.has(status)) {
    const forbidden = ['no-store', 'no-cache', 'private'].some((name) => directives.has(name));
    return forbidden && heedsNoStore.has(status) ? 0 : (declaredSeconds ?? minimumSeconds);
  }
  return cachedIfDeclared.has(status) ? (declaredSeconds ?? 0) : 0;
}
