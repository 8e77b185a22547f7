import type { Catalogue } from './schemas/catalogue.ts';

/** All route keys of an entry in the HTTP API: its own, and HEAD beside GET unless `head` is false. */
export function apiRouteKeys(key: string, route: { readonly head: boolean }): string[] {
  return route.head && key.startsWith('GET ') ? [key, key.replace(/^GET /, 'HEAD ')] : [key];
}

/**
 * Paths of the routes for unmatched requests. `runtime/contracts/gateway-contract.ts` has the same value for the
 * authorizer; a test compares the two.
 */
export const unmatchedPaths = ['/', '/{unmatched+}'] as const;

/** Route keys of the health path. */
export function healthRouteKeys({ healthPath }: Pick<Catalogue, 'healthPath'>): string[] {
  return [`GET ${healthPath}`, `HEAD ${healthPath}`];
}

/**
 * Methods that callers may use: those of the routes, and GET and HEAD. The firewall refuses others, except OPTIONS.
 */
export function servedMethods({ routes }: Pick<Catalogue, 'routes'>): string[] {
  const methods = Object.keys(routes).map((key) => key.slice(0, key.indexOf(' ')));
  return [...new Set([...methods, 'GET', 'HEAD'])].sort();
}

/**
 * Route keys for requests that match no other route, so that they get a problem document. Without those of a method
 * for which the catalogue itself has a route that matches every path.
 */
export function unmatchedRouteKeys({ routes }: Pick<Catalogue, 'routes'>): string[] {
  const takesAll = (key: string) =>
    Object.keys(routes).some((own) => /^\S+ \/\{\w+\+\}$/.test(own) && own.startsWith(key));
  return servedMethods({ routes }).flatMap((method) =>
    unmatchedPaths
      .filter((path) => path === '/' || !takesAll(`${method} `))
      .map((path) => `${method} ${path}`),
  );
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
