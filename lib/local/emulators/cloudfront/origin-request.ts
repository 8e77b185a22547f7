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

/** What an origin is asked on a viewer's behalf. */
export interface OriginRequest {
  /** Whose body goes on. */
  readonly exchange: Exchange;
  readonly request: EdgeRequest;
  /** Normalised by the cache policy; null where the policy leaves the viewer's. */
  readonly acceptEncoding: string | null;
  /** In which the edge may compress the answer. */
  readonly encoding: Encoding | undefined;
  /** In place of the viewer's own `If-None-Match` and `If-Modified-Since`; null leaves those. */
  readonly conditions: HeaderFields | null;
  readonly gone: AbortSignal;
}

/** Only these are asked a second time ("Optimize high availability with origin failover", CloudFront guide). */
const failsOver = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Asks the behaviour's origin, and for a read that it has failed the second one of its group. */
export async function requestOrigin(behavior: Behavior, question: OriginRequest): Promise<OriginOutcome> {
  const { failover } = behavior;
  const first = await askOne(behavior.origin, behavior, question);
  const failed =
    first.kind === 'failed' ||
    (first.kind === 'answered' && failover?.statusCodes.has(first.answer.status) === true);
  if (failover === null || !failed || !failsOver.has(question.request.method)) return first;
  if (first.answer.body instanceof Readable) first.answer.body.resume();
  return await askOne(failover.origin, behavior, question);
}

async function askOne(
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
  const failed = (status: 502 | 504, why: string): OriginOutcome => ({
    kind: 'failed',
    answer: errorPage(status, why, request.requestId),
  });
  switch (outcome.kind) {
    case 'answered': {
      // Without cookies on the way there, none comes back ("Cache content based on cookies").
      if (forwarding.cookies === selectNone) outcome.headers.delete('set-cookie');
      const answer: HttpResponse = { status: outcome.status, headers: outcome.headers, body: outcome.body };
      const compresses = behavior.compress && behavior.cachePolicy.config.MaxTTL > 0;
      const etag = outcome.headers.get('etag');
      return { kind: 'answered', answer: compresses ? compressed(answer, encoding) : answer, etag };
    }
    case 'timeout':
      return failed(504, 'The origin did not answer in time.');
    case 'refused':
    case 'broken':
      return failed(502, 'The origin could not be reached.');
    case 'gone':
      return { kind: 'gone' };
    default:
      return outcome satisfies never;
  }
}
