import type { HeaderFields } from '../../http/header-fields.ts';
import type { Behavior } from './behaviors.ts';
import { acceptedEncodings, type Encoding } from './compression.ts';
import { notModified, notModifiedResponse } from './conditional-requests.ts';
import type { EdgeRequest } from './edge-request.ts';
import { type EdgeCall, errorReply, type Reply, type Stage } from './edge-stage.ts';
import { requestOrigin } from './origin-request.ts';
import { selectCookies, selectQuery } from './policy-selection.ts';
import { rangeResponse } from './range-requests.ts';
import type { OriginOutcome, Served, SharedCache } from './shared-cache.ts';

type FetchOrigin = (conditions: HeaderFields | null, gone: AbortSignal) => Promise<OriginOutcome>;

/** Headers of requests for a part or a certain version of a resource: the origin answers them, not the cache. */
const uncachedHeaders = ['range', 'if-match', 'if-unmodified-since'];

/**
 * Replies from the cache or from the origin; the last stage.
 *
 * @param errorSeconds returns the error caching minimum TTL of a status code, in seconds.
 */
export function serveFromCache(cache: SharedCache, errorSeconds: (status: number) => number): Stage {
  const serveCached = async (call: EdgeCall, key: string, fetch: FetchOrigin): Promise<Reply | null> => {
    const { exchange, request, behavior } = call;
    const ttls = behavior.cachePolicy.config;
    const isCached = ttls.MaxTTL > 0;
    const served = await cache
      .serve({
        key,
        url: request.query === '' ? request.path : `${request.path}?${request.query}`,
        method: request.method === 'HEAD' ? 'HEAD' : 'GET',
        ttls,
        errorSeconds,
        // Without caching, the conditions of the viewer go to the origin.
        fetch: (validators, gone) => fetch(isCached ? validators : null, gone),
        gone: exchange.gone,
      })
      // The origin closed the connection in the middle of a response that the cache stores.
      .catch(() => 'broken' as const);
    if (served === null) return null;
    if (served === 'broken') return errorReply(call, 502, 'The origin closed the connection too early.');
    const { answer, xCache: source, ...age } = served;
    const unchanged = isCached && notModified(request.headers, answer);
    return { answer: unchanged ? notModifiedResponse(answer) : answer, source, ...age };
  };

  return async (call) => {
    const { exchange, request, behavior } = call;
    const parameters = behavior.cachePolicy.config.ParametersInCacheKeyAndForwardedToOrigin;
    const { EnableAcceptEncodingGzip: gzip, EnableAcceptEncodingBrotli: brotli } = parameters;
    const encodings = acceptedEncodings(request.headers.get('accept-encoding'), { gzip, brotli });
    const acceptEncoding = gzip || brotli ? encodings.join(',') : null;
    const [encoding] = encodings;
    const fetch: FetchOrigin = (conditions, gone) =>
      requestOrigin(behavior, { exchange, request, acceptEncoding, encoding, conditions, gone });

    const key = cacheKey(request, behavior, encodings);
    if (request.method === 'GET' && request.headers.has('range')) {
      const part = partialReply(request, cache.fresh(key));
      if (part !== null) return part;
    }
    const mayBeCached =
      (request.method === 'GET' || request.method === 'HEAD') &&
      !uncachedHeaders.some((name) => request.headers.has(name));
    if (mayBeCached) return await serveCached(call, key, fetch);
    const outcome = await fetch(null, exchange.gone);
    if (outcome.kind === 'gone') return null;
    return { answer: outcome.answer, source: outcome.answer.status >= 400 ? 'Error' : 'Miss' };
  };
}

/** The reply to a range request from a complete cached response; null when the origin must answer. */
function partialReply({ headers }: EdgeRequest, copy: Served | undefined): Reply | null {
  if (copy === undefined || !Buffer.isBuffer(copy.answer.body)) return null;
  if (headers.has('if-match') || headers.has('if-unmodified-since')) return null;
  const { answer, xCache: source, ...age } = copy;
  if (notModified(headers, answer)) return { answer: notModifiedResponse(answer), source, ...age };
  return { answer: rangeResponse(headers, { ...answer, body: copy.answer.body }), source, ...age };
}

/** The cache key of a request, from the values that the cache policy includes. */
function cacheKey(request: EdgeRequest, { cachePolicy }: Behavior, encodings: readonly Encoding[]): string {
  const { key } = cachePolicy;
  const headers = request.headers
    .names()
    .filter((name) => name !== 'cookie' && key.headers(name))
    .sort()
    .map((name) => [name, request.headers.all(name)]);
  return JSON.stringify([
    cachePolicy.id,
    request.path,
    selectQuery(request.query, key.queryStrings),
    headers,
    selectCookies(request.headers.get('cookie'), key.cookies) ?? '',
    encodings,
  ]);
}
