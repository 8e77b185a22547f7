import { isUtf8 } from 'node:buffer';
import type { HttpAnswer } from '../shared/http-call.ts';
import { type Asking, callerOf, isLate } from './ask.ts';
import type { ExternalComposition } from './contract.ts';
import type { UpstreamAnswer, UpstreamFailureReason } from './ports.ts';
import { problem } from './problem.ts';
import { upstreamRequest } from './upstream-request.ts';

/**
 * Largest body that an answer can carry: a function may return 6 MB of JSON
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), base64 makes four bytes of three, and the
 * headers take their share.
 */
export const maxBodyBytes = 4_500_000;

/**
 * Hands a call on to an external service and its answer back, byte by byte and whatever the method: the engine of the
 * parts reads and writes JSON, and would have to be told at every turn to leave this alone. Both go the same way to
 * their services.
 */
export async function forward(composition: ExternalComposition, asking: Asking): Promise<HttpAnswer> {
  const { call, log, upstream, now, endsAt, signal } = asking;
  const { service } = composition;
  const request = upstreamRequest(call, composition);
  if (request === undefined) return problem(400, 'The path is not one of this service.');
  const answer = await upstream.call({
    ...request,
    service,
    caller: callerOf(call),
    timeoutMilliseconds: endsAt - now(),
    fairMilliseconds: composition.timeoutSeconds * 1_000,
    maxBytes: maxBodyBytes,
    signal,
  });
  if (answer.kind === 'answer') return passedOn(answer);
  const { because } = answer;
  log.warn('The external service failed.', { service, because, requestId: call.requestId });
  return failure(service, because);
}

/** Text as text, anything else in base64. */
function passedOn({ status, headers, cookies, body }: UpstreamAnswer): HttpAnswer {
  const isText = isUtf8(body) && !body.includes(0);
  return {
    statusCode: status,
    headers,
    cookies,
    body: body.toString(isText ? 'utf8' : 'base64'),
    isBase64Encoded: !isText,
  };
}

function failure(service: string, because: UpstreamFailureReason): HttpAnswer {
  if (isLate(because)) return problem(504, `The service "${service}" did not answer in time.`);
  return because === 'too-large'
    ? problem(502, `The answer of the service "${service}" is too long to be passed on.`)
    : problem(502, `The service "${service}" cannot be reached.`);
}
