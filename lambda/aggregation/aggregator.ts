import { setMaxListeners } from 'node:events';
import { anySignal, startDeadline } from '../../runtime/concurrency/deadline.ts';
import {
  enforceDecision,
  refusalResponse,
  withGatewayHeaders,
} from '../../runtime/contracts/decision-guard.ts';
import { type HttpRequest, type HttpResponse, readHttpRequest } from '../../runtime/http/lambda-http.ts';
import { batch } from './batch.ts';
import type { RequestContext } from './call-part.ts';
import { completenessHeader, compose } from './compose.ts';
import { conditional } from './conditional-request.ts';
import { type Compositions, type RouteComposition, variantKey } from './contract.ts';
import { forwardToExternal } from './external-service.ts';

export interface AggregatorDependencies
  extends Omit<RequestContext, 'call' | 'timeoutSeconds' | 'endsAt' | 'signal'> {
  readonly compositions: Compositions;
}

/**
 * The function's handler: enforces the decision, then answers by the route's composition.
 *
 * @param gone Aborts when nobody waits for the answer any more. Lambda does not tell of a client that has gone, so there
 *   the deadline alone ends the requests to services.
 */
export function createAggregator(dependencies: AggregatorDependencies) {
  const compositions = new Map(Object.entries(dependencies.compositions.routes));
  return async (event: unknown, gone?: AbortSignal): Promise<HttpResponse> => {
    const call = readHttpRequest(event);
    const variant = variantKey(call.routeKey, call.decision['service'] ?? '');
    const composition = compositions.get(variant) ?? compositions.get(call.routeKey);
    if (composition === undefined) return refusalResponse(call, 'forbidden');
    const refusal = enforceDecision(call, composition.service, composition.maxBodyKiB);
    if (refusal !== undefined) return refusal;
    return withoutCaching(withGatewayHeaders(call, await answer(composition, call, dependencies, gone)));
  };
}

async function answer(
  composition: RouteComposition,
  call: HttpRequest,
  dependencies: AggregatorDependencies,
  gone: AbortSignal | undefined,
): Promise<HttpResponse> {
  const { compositions: _, ...world } = dependencies;
  const milliseconds = composition.timeoutSeconds * 1_000;
  const end = new AbortController();
  const deadline = startDeadline(milliseconds, () => end.abort(deadlineReached));
  const { signal, release } = anySignal(gone === undefined ? [end.signal] : [end.signal, gone]);
  // One listener for each request that is under way; Node takes more than ten for a leak.
  setMaxListeners(0, signal);
  const { timeoutSeconds } = composition;
  const asking = { ...world, call, timeoutSeconds, endsAt: world.now() + milliseconds, signal };
  try {
    if (composition.kind === 'external') return await forwardToExternal(composition, asking);
    if (composition.kind === 'batch') return await batch(composition, asking);
    return conditional(call, await compose(composition, asking));
  } finally {
    deadline.clear();
    // Whatever is still on its way has no reader any more.
    end.abort();
    release();
  }
}

/** Tells the deadline, which a service was too slow for, from a caller that has gone. */
const deadlineReached = new DOMException('The deadline is over.', 'TimeoutError');

/** What lacks a part is nobody's to keep. */
function withoutCaching(answered: HttpResponse): HttpResponse {
  if (answered.headers[completenessHeader] !== 'false') return answered;
  return { ...answered, headers: { ...answered.headers, 'cache-control': 'no-store' } };
}
