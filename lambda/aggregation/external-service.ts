import type { HttpResponse } from '../../runtime/http/lambda-http.ts';
import { callerOf, isLate, type RequestContext } from './call-part.ts';
import type { ExternalComposition } from './contract.ts';
import { encodedBody, maxBodyBytes } from './encoded-body.ts';
import type { UpstreamAnswer, UpstreamFailureReason } from './ports.ts';
import { problem } from './problem.ts';
import { upstreamRequest } from './upstream-request.ts';

/**
 * Forwards a call to an external service and returns its answer, byte by byte and with any method. It is
 * separate from the engine of the parts, which reads and writes JSON. Both use the same upstream.
 */
export async function forwardToExternal(
  composition: ExternalComposition,
  context: RequestContext,
): Promise<HttpResponse> {
  const { call, log, upstream, now, endsAt, signal } = context;
  const { service } = composition;
  const request = upstreamRequest(call, composition);
  if (request === undefined) return problem(400, 'The path is not one of this service.');
  const answer = await upstream.call({
    ...request,
    service,
    caller: callerOf(call),
    timeoutMilliseconds: endsAt - now(),
    fullTimeoutMilliseconds: composition.timeoutSeconds * 1_000,
    maxBytes: maxBodyBytes,
    signal,
  });
  if (answer.kind === 'answer') return passedOn(answer);
  const { reason } = answer;
  log.warn('The external service failed.', { service, reason, requestId: call.requestId });
  return failure(service, reason);
}

function passedOn({ status, headers, cookies, body }: UpstreamAnswer): HttpResponse {
  return { statusCode: status, headers: withoutOwnHeaders(headers), cookies, ...encodedBody(body) };
}

/** Headers that only the gateway may set, even when it leaves one out, such as limits on a 403. */
const ownHeader = /^(?:x-gw-|x-gateway-|ratelimit(?:-policy)?$|x-ratelimit-|x-quota-|x-request-id$)/;

function withoutOwnHeaders(headers: UpstreamAnswer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeader.test(name)));
}

function failure(service: string, reason: UpstreamFailureReason): HttpResponse {
  if (isLate(reason)) return problem(504, `The service "${service}" did not answer in time.`);
  return reason === 'too-large'
    ? problem(502, `The answer of the service "${service}" is too long to be returned.`)
    : problem(502, `The service "${service}" cannot be reached.`);
}
