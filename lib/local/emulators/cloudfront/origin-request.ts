import { Readable } from 'node:stream';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import type { HeaderFields } from '../../http/header-fields.ts';
import type { Behavior } from './behaviors.ts';
import { compressed, type Encoding } from './compression.ts';
import type { EdgeRequest } from './edge-request.ts';
import { errorPage } from './error-page.ts';
import { type Origin, originHeaders, originTarget } from './origin.ts';
import { selectNone } from './policy-selection.ts';
import type { OriginOutcome } from './shared-cache.ts';

/** A request to an origin on behalf of a viewer. */
export interface OriginRequest {
  /** The exchange with the viewer; its body is forwarded. */
  readonly exchange: Exchange;
  readonly request: EdgeRequest;
  /** The `Accept-Encoding` that the cache policy normalised; null to forward that of the viewer. */
  readonly acceptEncoding: string | null;
  /** The encoding that the edge may compress the response with. */
  readonly encoding: Encoding | undefined;
  /** Replaces `If-None-Match` and `If-Modified-Since` of the viewer; null forwards them. */
  readonly conditions: HeaderFields | null;
  readonly gone: AbortSignal;
}

/** Methods that CloudFront sends to the second origin ("Optimize high availability with origin failover", CloudFront guide). */
const failsOver = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Sends the request to the origin of the behaviour; after a failed read, to the second origin of the group. */
export async function requestOrigin(
  behavior: Behavior,
  originRequest: OriginRequest,
): Promise<OriginOutcome> {
  const { failover } = behavior;
  const first = await callOrigin(behavior.origin, behavior, originRequest);
  const failed =
    first.kind === 'failed' ||
    (first.kind === 'answered' && failover?.statusCodes.has(first.answer.status) === true);
  if (failover === null || !failed || !failsOver.has(originRequest.request.method)) return first;
  if (first.answer.body instanceof Readable) first.answer.body.resume();
  return await callOrigin(failover.origin, behavior, originRequest);
}

async function callOrigin(
  origin: Origin,
  behavior: Behavior,
  { exchange, request, acceptEncoding, encoding, conditions, gone }: OriginRequest,
): Promise<OriginOutcome> {
  const { forwarding } = behavior;
  const headers = originHeaders(request, origin, forwarding, acceptEncoding);
  if (conditions !== null) {
    headers.delete('if-none-match');
    headers.delete('if-modified-since');
    for (const name of conditions.names()) headers.set(name, conditions.get(name) ?? '');
  }
  const outcome = await origin.upstream().call({
    method: request.method,
    target: originTarget(request, origin, forwarding),
    headers,
    body: exchange.hasBody ? exchange.body() : null,
    timeoutMs: origin.readTimeoutSeconds * 1_000,
    gone,
  });
  const failed = (status: 502 | 504, detail: string): OriginOutcome => ({
    kind: 'failed',
    answer: errorPage(status, detail, request.requestId),
  });
  switch (outcome.kind) {
    case 'answered': {
      // CloudFront removes Set-Cookie when it forwards no cookies ("Cache content based on cookies").
      if (forwarding.cookies === selectNone) outcome.headers.delete('set-cookie');
      const answer: HttpResponse = { status: outcome.status, headers: outcome.headers, body: outcome.body };
      const compresses = behavior.compress && behavior.cachePolicy.config.MaxTTL > 0;
      const etag = outcome.headers.get('etag');
      return { kind: 'answered', answer: compresses ? compressed(answer, encoding) : answer, etag };
    }
    case 'timeout':
      return failed(504, 'The origin did not respond in time.');
    case 'refused':
    case 'broken':
      return failed(502, 'The origin could not be reached.');
    case 'gone':
      return { kind: 'gone' };
    default:
      return outcome satisfies never;
  }
}
