import { guard, refuse, stamp } from '../shared/guard.ts';
import { type HttpAnswer, type HttpCall, readHttpCall } from '../shared/http-call.ts';
import { describeError, type Log } from '../shared/log.ts';
import type { Compositions, ExternalComposition } from './contract.ts';
import { problem } from './problem.ts';
import { OversizedAnswerError, readAnswer } from './upstream-answer.ts';
import { type UpstreamRequest, upstreamRequest } from './upstream-request.ts';

export interface ForwarderDependencies {
  readonly compositions: Compositions;
  readonly fetch: typeof fetch;
  readonly log: Log;
}

/**
 * The service's part of the integration's time; the rest is for the answer. The API gives up at the whole of it, and
 * then answers without saying why.
 */
const deadlineShare = 0.85;

/** The function's handler: enforces the decision, then asks the external service of the route. */
export function createForwarder(dependencies: ForwarderDependencies) {
  const compositions = new Map(Object.entries(dependencies.compositions));
  return async (event: unknown): Promise<HttpAnswer> => {
    const call = readHttpCall(event);
    const composition = compositions.get(call.routeKey);
    if (composition === undefined) return refuse(call, 'forbidden');
    const refusal = guard(call, composition.service);
    if (refusal !== undefined) return refusal;
    return stamp(call, await forward(call, composition, dependencies));
  };
}

async function forward(
  call: HttpCall,
  composition: ExternalComposition,
  dependencies: ForwarderDependencies,
): Promise<HttpAnswer> {
  const request = upstreamRequest(call, composition);
  if (request === undefined) return problem(400, 'Bad Request', 'The path is not one of this service.');
  try {
    return await ask(request, composition.timeoutSeconds, dependencies.fetch);
  } catch (error) {
    const { service } = composition;
    const { requestId } = call;
    dependencies.log.warn('The external service failed.', {
      service,
      requestId,
      error: describeError(error),
    });
    return failure(service, error);
  }
}

async function ask(
  { url, ...request }: UpstreamRequest,
  timeoutSeconds: number,
  fetchUpstream: typeof fetch,
): Promise<HttpAnswer> {
  const response = await fetchUpstream(url, {
    ...request,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutSeconds * 1_000 * deadlineShare),
  });
  return readAnswer(response);
}

function failure(service: string, error: unknown): HttpAnswer {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return problem(504, 'Gateway Timeout', `The service "${service}" did not answer in time.`);
  }
  if (error instanceof OversizedAnswerError) {
    return problem(502, 'Bad Gateway', `The answer of the service "${service}" is too long to be passed on.`);
  }
  return problem(502, 'Bad Gateway', `The service "${service}" cannot be reached.`);
}
