import type { GatewayPorts, Hop } from '../../engine/gateway-ports.ts';
import type { Exchange } from '../../http/exchange.ts';
import { measuredBody } from '../../http/measured-body.ts';
import { maxInspectedBytes } from '../waf/web-acl.ts';
import { serveFromCache } from './cache-stage.ts';
import type { Distribution } from './compile-distribution.ts';
import type { EdgeRequest } from './edge-request.ts';
import { errorReply, type Reply, type Respond, type Stage } from './edge-stage.ts';
import { invalidation } from './invalidation.ts';
import { viaValue } from './origin.ts';
import { applyResponseHeaders, applyWebAcl, checkLength, checkMethod } from './request-stages.ts';
import { SharedCache } from './shared-cache.ts';
import { runViewerFunctions } from './viewer-function-stage.ts';

export type EdgePorts = Pick<GatewayPorts, 'now' | 'requestId' | 'hop' | 'notice'>;

/** A distribution that handles requests. */
export interface ServedDistribution {
  readonly handle: (exchange: Exchange) => Promise<void>;
  /**
   * Removes responses from the cache, as an invalidation does.
   *
   * @param items paths with their query, where `*` at the end is a wildcard; or `#` and a cache tag.
   */
  readonly invalidate: (items: readonly string[]) => void;
}

/** Serves a distribution: every request passes the stages below in order. */
export function serveDistribution(distribution: Distribution, ports: EdgePorts): ServedDistribution {
  const cache = new SharedCache(ports.now);
  const respond = chain([
    checkLength,
    applyWebAcl(distribution.firewall),
    applyResponseHeaders,
    checkMethod,
    runViewerFunctions(distribution.id, ports.notice),
    serveFromCache(cache, distribution.errorSeconds),
  ]);

  return {
    async handle(received) {
      const startedMs = ports.now();
      const { exchange, bytes } = await measuredBody(received, maxInspectedBytes);
      const { method, path, query, headers, peer } = exchange;
      const requestId = ports.requestId();
      const request: EdgeRequest = {
        method,
        path,
        query,
        headers,
        viewerAddress: peer,
        requestId,
        bodyBytes: bytes,
      };
      const behavior = distribution.behaviors.find(({ matches }) => matches(path));
      const reply =
        behavior === undefined
          ? errorReply({ request }, 404, 'No cache behaviour matches this path.')
          : await respond({ exchange, request, behavior });
      if (reply !== null) await exchange.send(withEdgeHeaders(reply, requestId));
      ports.hop?.(edgeHop(request, reply, { startedMs, endedMs: ports.now() }));
    },
    invalidate: (items) => cache.invalidate(invalidation(items, distribution.cacheTagHeader)),
  };
}

/** A response that did not come from the cache carries the id that the API gave the request. */
function edgeHop(request: EdgeRequest, reply: Reply | null, times: Pick<Hop, 'startedMs' | 'endedMs'>): Hop {
  const headers = reply?.source === 'Hit' ? undefined : reply?.answer.headers;
  const requestId = apiRequestIds.map((name) => headers?.get(name)).find((id) => id !== undefined) ?? '-';
  return {
    name: 'edge',
    requestId,
    ...times,
    fields: {
      edgeRequestId: request.requestId,
      method: request.method,
      path: request.path,
      // As in CloudFront's logs, for a viewer that disconnected.
      status: reply?.answer.status ?? 0,
      result: reply?.refusedBy ?? reply?.source ?? 'ClientCommError',
    },
  };
}

const apiRequestIds = ['apigw-requestid', 'x-amzn-requestid', 'x-request-id'];

/** Links stages so that each one calls the next. */
function chain(stages: readonly Stage[]): Respond {
  return stages.reduceRight<Respond>(
    (next, stage) => (call) => stage(call, next),
    () => Promise.resolve(null),
  );
}

/** The response with the headers that CloudFront adds to every response. */
function withEdgeHeaders({ answer, source, ageSeconds }: Reply, requestId: string): Reply['answer'] {
  answer.headers.set('x-cache', `${source} from cloudfront`);
  answer.headers.append('via', viaValue);
  answer.headers.set('x-amz-cf-pop', 'LOCAL');
  answer.headers.set('x-amz-cf-id', requestId);
  if (ageSeconds !== undefined) answer.headers.set('age', String(ageSeconds));
  return answer;
}
