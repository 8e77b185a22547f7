import type { Catalogue } from './schemas/catalogue.ts';

/** All route keys of an entry in the HTTP API: its own, and HEAD beside GET unless `head` is false. */
export function apiRouteKeys(key: string, route: { readonly head: boolean }): string[] {
  return route.head && key.startsWith('GET ') ? [key, key.replace(/^GET /, 'HEAD ')] : [key];
}

/** Route key of a webhook sender in the HTTP API. */
export function webhookRouteKey({ path }: { readonly path: string }): string {
  return `POST ${path}`;
}

/**
 * Path patterns of the cacheable routes at the edge: `/api/products/{id}` becomes `/api/products/*`. CloudFront selects
 * the behaviour by the path that the client sent, but caches by the path that the viewer-request function returns. So
 * `/products/*` is a pattern besides `/v1/products/*`, for callers that send the version in a header.
 */
export function cachePatterns(catalogue: Catalogue): string[] {
  const patterns = Object.entries(catalogue.routes)
    .filter(([, route]) => route.cache !== undefined)
    .map(([key]) => key.slice(key.indexOf(' ') + 1).replaceAll(/\{[^}]*\}/g, '*'))
    .flatMap((pattern) => [pattern, pattern.replace(/^\/v\d+(?=\/)/, '')]);
  // Longest first: CloudFront uses the first pattern that matches.
  return [...new Set(patterns)].sort((a, b) => b.length - a.length || a.localeCompare(b));
}
