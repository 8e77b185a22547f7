import type { HttpResponse } from '../../runtime/http/lambda-http.ts';
import { callerOf, isLate, type RequestContext } from './call-part.ts';
import type { ExternalComposition } from './contract.ts';
import { encodedBody, maxBodyBytes } from './encoded-body.ts';
import type { UpstreamAnswer, UpstreamFailureReason } from './ports.ts';
import { problem } from './problem.ts';
import { upstreamRequest } from './upstream-request.ts';

/**
 * Hands a call on to an external service and its answer back, byte by byte and whatever the method: the engine of the
 * parts reads and writes JSON, and would have to be told at every turn to leave this alone. Both go the same way to
 * their services.
 */
export async function forwardToExternal(
  composition: ExternalComposition,
  asking: RequestContext,
): Promise<HttpResponse> {
  const { call, log, upstream, now, endsAt, signal } = asking;
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

/** What only the gateway says, also where it leaves a field out, such as limits on a 403. */
const ownHeader = /^(?:x-gw-|x-gateway-|ratelimit(?:-policy)?$|x-ratelimit-|x-quota-|x-request-id$)/;

function withoutOwnHeaders(headers: UpstreamAnswer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeader.test(name)));
}

function failure(service: string, reason: UpstreamFailureReason): HttpResponse {
  if (isLate(reason)) return problem(504, `The service "${service}" did not answer in time.`);
  return reason === 'too-large'
    ? problem(502, `The answer of the service "${service}" is too long to be passed on.`)
    : problem(502, `The service "${service}" cannot be reached.`);
}
