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
 * The function's handler: enforces the decision, then answers with the route's composition.
 *
 * @param disconnected Aborts when the client has disconnected. Lambda does not report that, so in Lambda only the
 * deadline ends
 * the requests to services.
 */
export function createAggregator(dependencies: AggregatorDependencies) {
  const compositions = new Map(Object.entries(dependencies.compositions.routes));
  return async (event: unknown, disconnected?: AbortSignal): Promise<HttpResponse> => {
    const call = readHttpRequest(event);
    const variant = variantKey(call.routeKey, call.decision['service'] ?? '');
    const composition = compositions.get(variant) ?? compositions.get(call.routeKey);
    if (composition === undefined) return refusalResponse(call, 'forbidden');
    const refusal = enforceDecision(call, composition.service, composition.maxBodyKiB);
    if (refusal !== undefined) return refusal;
    return withoutCaching(
      withGatewayHeaders(call, await answer(composition, call, dependencies, disconnected)),
    );
  };
}

async function answer(
  composition: RouteComposition,
  call: HttpRequest,
  dependencies: AggregatorDependencies,
  disconnected: AbortSignal | undefined,
): Promise<HttpResponse> {
  const { compositions: _, ...world } = dependencies;
  const milliseconds = composition.timeoutSeconds * 1_000;
  const end = new AbortController();
  const deadline = startDeadline(milliseconds, () => end.abort(deadlineReached));
  const { signal, release } = anySignal(
    disconnected === undefined ? [end.signal] : [end.signal, disconnected],
  );
  // One listener per request in progress; Node reports more than ten as a leak.
  setMaxListeners(0, signal);
  const { timeoutSeconds } = composition;
  const context = { ...world, call, timeoutSeconds, endsAt: world.now() + milliseconds, signal };
  try {
    if (composition.kind === 'external') return await forwardToExternal(composition, context);
    if (composition.kind === 'batch') return await batch(composition, context);
    return conditional(call, await compose(composition, context));
  } finally {
    deadline.clear();
    // Ends the requests in progress, whose results are no longer needed.
    end.abort();
    release();
  }
}

/** Distinguishes the deadline, which a service exceeded, from a client that has disconnected. */
const deadlineReached = new DOMException('The deadline is over.', 'TimeoutError');

/** An incomplete answer must not be cached. */
function withoutCaching(answered: HttpResponse): HttpResponse {
  if (answered.headers[completenessHeader] !== 'false') return answered;
  return { ...answered, headers: { ...answered.headers, 'cache-control': 'no-store' } };
}
