import type { HttpAnswer, HttpCall } from '../shared/http-call.ts';
import { describeError, type Log } from '../shared/log.ts';
import type { ExternalComposition } from './contract.ts';
import { problem } from './problem.ts';
import { OversizedAnswerError, readAnswer } from './upstream-answer.ts';
import { type UpstreamRequest, upstreamRequest } from './upstream-request.ts';

export interface ForwarderDependencies {
  readonly fetch: typeof fetch;
  readonly log: Log;
}

/**
 * Hands a call on to an external service and its answer back, byte by byte and whatever the method: the engine of the
 * parts reads and writes JSON, and would have to be told at every turn to leave this alone.
 */
export async function forward(
  call: HttpCall,
  composition: ExternalComposition,
  dependencies: ForwarderDependencies,
): Promise<HttpAnswer> {
  const request = upstreamRequest(call, composition);
  if (request === undefined) return problem(400, 'The path is not one of this service.');
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
    signal: AbortSignal.timeout(timeoutSeconds * 1_000),
  });
  return readAnswer(response);
}

function failure(service: string, error: unknown): HttpAnswer {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return problem(504, `The service "${service}" did not answer in time.`);
  }
  if (error instanceof OversizedAnswerError) {
    return problem(502, `The answer of the service "${service}" is too long to be passed on.`);
  }
  return problem(502, `The service "${service}" cannot be reached.`);
}
