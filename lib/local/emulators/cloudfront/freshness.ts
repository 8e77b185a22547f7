import type { HeaderFields } from '../../http/header-fields.ts';

/** The TTL settings of a cache policy, in seconds. */
export interface Ttls {
  readonly MinTTL: number;
  readonly DefaultTTL: number;
  readonly MaxTTL: number;
}

/** How long a response may be used, in seconds since it was stored. */
export interface Lifetime {
  readonly freshSeconds: number;
  /** For how long after that a stale response is served while the origin is asked again. */
  readonly staleWhileRevalidateSeconds: number;
  /** For how long after that a stale response replaces an error of the origin; null means without limit. */
  readonly staleIfErrorSeconds: number | null;
}

/** The directives of `Cache-Control`, with names in lower case; the value may be empty. */
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
 * How long CloudFront caches a successful response ("Specifying the amount of time that CloudFront caches objects",
 * CloudFront guide): the lifetime that the origin sets, within the minimum and maximum TTL of the policy; `no-store`,
 * `no-cache` and `private` mean the minimum TTL; without caching headers the default TTL applies.
 *
 * @returns null when the response may not be cached.
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
    // Without the directive, CloudFront serves the stale response while the origin is down.
    staleIfErrorSeconds: mayBeStale ? (secondsOf(directives, 'stale-if-error') ?? null) : 0,
  };
}

/** Whether the response has `Vary: *`, which never matches another request (RFC 9110 section 12.5.5). */
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

/** Errors that CloudFront always caches, and those that it caches only when the origin sets a lifetime. */
const alwaysCached = new Set([404, 410, 414, 500, 501, 502, 503, 504]);
const cachedWithLifetime = new Set([400, 403, 405, 412, 415]);
/** Of the first group, the errors that the origin can exclude with `Cache-Control`. */
const respectsNoStore = new Set([404, 410, 414, 501]);

/**
 * How many seconds CloudFront caches an error ("HTTP 4xx and 5xx status codes that CloudFront caches", "Control
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
  const lifetime =
    declared === undefined ? undefined : Math.max(minimumSeconds, Math.min(declared, maxTtlSeconds));
  if (alwaysCached.has(status)) {
    const forbidden = ['no-store', 'no-cache', 'private'].some((name) => directives.has(name));
    return forbidden && respectsNoStore.has(status) ? 0 : (lifetime ?? minimumSeconds);
  }
  return cachedWithLifetime.has(status) ? (lifetime ?? 0) : 0;
}
