import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import type { HeaderFields } from '../../http/header-fields.ts';
import { measuredBody } from '../../http/measured-body.ts';
import { maxInspectedBytes } from '../waf/web-acl.ts';
import type { Behavior } from './behaviors.ts';
import type { Distribution } from './compile-distribution.ts';
import { acceptedEncodings, type Encoding } from './compression.ts';
import { notModified, notModifiedResponse } from './conditional-requests.ts';
import type { EdgeRequest } from './edge-request.ts';
import { errorPage } from './error-page.ts';
import { invalidation } from './invalidation.ts';
import { viaValue } from './origin.ts';
import { requestOrigin } from './origin-request.ts';
import { selectCookies, selectQuery } from './policy-selection.ts';
import { rangeResponse } from './range-requests.ts';
import { type Served, SharedCache } from './shared-cache.ts';
import {
  applyRequestChanges,
  applyResponseChanges,
  generatedResponse,
  type ResponseObject,
  requestObject,
  responseObject,
  type ViewerEvent,
} from './viewer-event.ts';

export type EdgePorts = Pick<GatewayPorts, 'now' | 'requestId' | 'notice'>;

/** What the edge says of an answer in `X-Cache`. */
type Source =
  | Served['xCache']
  | 'FunctionGeneratedResponse'
  | 'FunctionExecutionError'
  | 'FunctionValidationError';

interface Reply {
  readonly answer: HttpResponse;
  readonly source: Source;
  readonly ageSeconds?: number;
}

/** Longest URL and request that CloudFront takes, in bytes ("Maximum length of a request", CloudFront guide). */
const maxUrlBytes = 8_192;
const maxHeadBytes = 20_480;

/** A distribution that serves. */
export interface ServedDistribution {
  readonly handle: (exchange: Exchange) => Promise<void>;
  /**
   * Forgets copies, as an invalidation does.
   *
   * @param items paths with their query, `*` at the end standing for any rest; or `#` and a cache tag.
   */
  readonly invalidate: (items: readonly string[]) => void;
}

/** Serves a distribution. */
export function serveDistribution(distribution: Distribution, ports: EdgePorts): ServedDistribution {
  const cache = new SharedCache(ports.now);

  return {
    handle,
    invalidate: (items) => cache.invalidate(invalidation(items, distribution.cacheTagHeader)),
  };

  async function handle(received: Exchange): Promise<void> {
    const { exchange, bytes } = await measuredBody(received, maxInspectedBytes);
    const { method, path, query, headers, peer } = exchange;
    const request: EdgeRequest = {
      method,
      path,
      query,
      headers,
      viewerAddress: peer,
      requestId: ports.requestId(),
      bodyBytes: bytes,
    };
    const reply = await respond(exchange, request);
    if (reply === null) return;
    const { answer, source, ageSeconds } = reply;
    answer.headers.set('x-cache', `${source} from cloudfront`);
    answer.headers.append('via', viaValue);
    answer.headers.set('x-amz-cf-pop', 'LOCAL');
    answer.headers.set('x-amz-cf-id', request.requestId);
    if (ageSeconds !== undefined) answer.headers.set('age', String(ageSeconds));
    await exchange.send(answer);
  }

  async function respond(exchange: Exchange, request: EdgeRequest): Promise<Reply | null> {
    const error = (status: number, why: string, source: Source = 'Error'): Reply => ({
      answer: errorPage(status, why, request.requestId),
      source,
    });
    if (request.path.length + request.query.length > maxUrlBytes) return error(414, 'The URL is too long.');
    if (exchange.headBytes > maxHeadBytes) return error(494, 'The request header or cookie is too large.');
    const refused = distribution.firewall(request);
    if (refused !== null) return { answer: refused, source: 'Error' };
    const behavior = distribution.behaviors.find(({ matches }) => matches(request.path));
    if (behavior === undefined) return error(404, 'No behaviour takes this path.');
    const reply = await behave(exchange, request, behavior, error);
    if (reply !== null && reply.source !== 'FunctionGeneratedResponse') {
      behavior.decorate(reply.answer.headers, request);
    }
    return reply;
  }

  async function behave(
    exchange: Exchange,
    viewed: EdgeRequest,
    behavior: Behavior,
    error: (status: number, why: string, source?: Source) => Reply,
  ): Promise<Reply | null> {
    if (!behavior.allowedMethods.has(viewed.method)) {
      return error(403, 'This distribution is not configured to allow the request method.');
    }
    if (viewed.method === 'GET' && exchange.hasBody) return error(403, 'A GET request may have no body.');
    let request = viewed;
    if (behavior.viewerRequest !== null) {
      const result = behavior.viewerRequest(viewerEvent(viewed, null));
      if (!result.ok) return failed(error, 503, result.error);
      if ('statusCode' in result.value) {
        const answer = generatedResponse(result.value);
        return typeof answer === 'string'
          ? failed(error, 502, answer)
          : { answer, source: 'FunctionGeneratedResponse' };
      }
      const changed = applyRequestChanges(viewed, result.value);
      if (typeof changed === 'string') return failed(error, 502, changed);
      request = changed;
    }
    const reply = await fromCacheOrOrigin(exchange, request, behavior);
    if (reply === null || behavior.viewerResponse === null || reply.answer.status >= 400) return reply;
    const result = behavior.viewerResponse(viewerEvent(request, responseObject(reply.answer)));
    if (!result.ok) return failed(error, 503, result.error);
    const changed = applyResponseChanges(reply.answer, result.value as ResponseObject);
    return typeof changed === 'string' ? failed(error, 502, changed) : { ...reply, answer: changed };
  }

  function failed(
    error: (status: number, why: string, source?: Source) => Reply,
    status: 502 | 503,
    why: string,
  ): Reply {
    ports.notice(`CloudFront function: ${why}`);
    return status === 502
      ? error(502, 'The CloudFront function returned an invalid value.', 'FunctionValidationError')
      : error(503, 'The CloudFront function failed.', 'FunctionExecutionError');
  }

  function viewerEvent(request: EdgeRequest, response: ResponseObject | null): ViewerEvent {
    return {
      version: '1.0',
      context: {
        distributionDomainName: 'localhost',
        distributionId: distribution.id,
        eventType: response === null ? 'viewer-request' : 'viewer-response',
        requestId: request.requestId,
      },
      viewer: { ip: request.viewerAddress },
      request: requestObject(request),
      ...(response === null ? {} : { response }),
    };
  }

  async function fromCacheOrOrigin(
    exchange: Exchange,
    request: EdgeRequest,
    behavior: Behavior,
  ): Promise<Reply | null> {
    const { config } = behavior.cachePolicy;
    const parameters = config.ParametersInCacheKeyAndForwardedToOrigin;
    const { EnableAcceptEncodingGzip: gzip, EnableAcceptEncodingBrotli: brotli } = parameters;
    const encodings = acceptedEncodings(request.headers.get('accept-encoding'), { gzip, brotli });
    const normalisedEncoding = gzip || brotli ? encodings.join(',') : null;
    const ask = (conditions: HeaderFields | null, gone: AbortSignal) =>
      requestOrigin(behavior, {
        exchange,
        request,
        acceptEncoding: normalisedEncoding,
        encoding: encodings[0],
        conditions,
        gone,
      });

    const method = request.method;
    const key = cacheKey(request, behavior, encodings);
    if (method === 'GET' && request.headers.has('range')) {
      const part = fromCopy(request, cache.fresh(key));
      if (part !== null) return part;
    }
    const cached =
      (method === 'GET' || method === 'HEAD') &&
      !['range', 'if-match', 'if-unmodified-since'].some((name) => request.headers.has(name));
    if (!cached) {
      const outcome = await ask(null, exchange.gone);
      if (outcome.kind === 'gone') return null;
      return { answer: outcome.answer, source: outcome.answer.status >= 400 ? 'Error' : 'Miss' };
    }
    const caching = config.MaxTTL > 0;
    const served = await cache
      .serve({
        key,
        url: urlOf(request),
        method,
        ttls: config,
        errorSeconds: distribution.errorSeconds,
        // Where nothing is kept, the viewer's own conditions go to the origin.
        fetch: (validators, gone) => ask(caching ? validators : null, gone),
        gone: exchange.gone,
      })
      // The origin broke off in the middle of an answer that was to be kept.
      .catch(() => 'broken' as const);
    if (served === null) return null;
    if (served === 'broken') {
      return { answer: errorPage(502, 'The origin broke off.', request.requestId), source: 'Error' };
    }
    const { answer, xCache: source, ...age } = served;
    const unchanged = caching && notModified(request.headers, answer);
    return { answer: unchanged ? notModifiedResponse(answer) : answer, source, ...age };
  }
}

/** What a request for a part gets of a whole copy; null where there is none, or where it asks for a certain one. */
function fromCopy({ headers }: EdgeRequest, copy: Served | undefined): Reply | null {
  if (copy === undefined || !Buffer.isBuffer(copy.answer.body)) return null;
  if (headers.has('if-match') || headers.has('if-unmodified-since')) return null;
  const { answer, xCache: source, ...age } = copy;
  if (notModified(headers, answer)) return { answer: notModifiedResponse(answer), source, ...age };
  return { answer: rangeResponse(headers, { ...answer, body: copy.answer.body }), source, ...age };
}

const urlOf = ({ path, query }: EdgeRequest) => (query === '' ? path : `${path}?${query}`);

/** What makes two requests the same to the cache, as the cache policy says. */
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
