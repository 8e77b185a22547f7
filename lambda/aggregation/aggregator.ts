import { setMaxListeners } from 'node:events';
import { guard, refuse, stamp } from '../shared/guard.ts';
import { type HttpAnswer, type HttpCall, readHttpCall } from '../shared/http-call.ts';
import { batch } from './batch.ts';
import { completenessHeader, compose } from './compose.ts';
import type { Compositions, RouteComposition } from './contract.ts';
import { type ForwarderDependencies, forward } from './forward.ts';
import type { PartCache, Upstream } from './ports.ts';

export interface AggregatorDependencies extends ForwarderDependencies {
  readonly compositions: Compositions;
  readonly upstream: Upstream;
  readonly cache: PartCache;
  /** Milliseconds of a clock that never steps. */
  readonly now: () => number;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** At least 0, and less than 1. */
  readonly random: () => number;
}

/**
 * The function's handler: enforces the decision, then answers by the route's composition.
 *
 * @param gone Aborts when nobody waits for the answer any more. Lambda does not tell of a client that has gone, so there
 *   the deadline alone ends the requests to services.
 */
export function createAggregator(dependencies: AggregatorDependencies) {
  const compositions = new Map(Object.entries(dependencies.compositions.routes));
  return async (event: unknown, gone?: AbortSignal): Promise<HttpAnswer> => {
    const call = readHttpCall(event);
    const composition = compositions.get(call.routeKey);
    if (composition === undefined) return refuse(call, 'forbidden');
    const refusal = guard(call, composition.service);
    if (refusal !== undefined) return refusal;
    return withoutCaching(stamp(call, await answer(composition, call, dependencies, gone)));
  };
}

async function answer(
  composition: RouteComposition,
  call: HttpCall,
  dependencies: AggregatorDependencies,
  gone: AbortSignal | undefined,
): Promise<HttpAnswer> {
  if (composition.kind === 'external') return forward(call, composition, dependencies);
  const { upstream, cache, now, wait, random } = dependencies;
  const milliseconds = composition.timeoutSeconds * 1_000;
  const end = new AbortController();
  const timer = setTimeout(() => end.abort(deadlineReached), milliseconds);
  const signal = gone === undefined ? end.signal : AbortSignal.any([end.signal, gone]);
  // One listener for each request that is under way; Node takes more than ten for a leak.
  setMaxListeners(0, signal);
  const asking = { call, upstream, cache, now, wait, random, endsAt: now() + milliseconds, signal };
  try {
    return composition.kind === 'batch'
      ? await batch(composition, asking)
      : await compose(composition, asking);
  } finally {
    clearTimeout(timer);
    // Whatever is still on its way has no reader any more.
    end.abort();
  }
}

/** Tells the deadline, which a service was too slow for, from a caller that has gone. */
const deadlineReached = new DOMException('The deadline is over.', 'TimeoutError');

/** What lacks a part is nobody's to keep. */
function withoutCaching(answered: HttpAnswer): HttpAnswer {
  if (answered.headers[completenessHeader] !== 'false') return answered;
  return { ...answered, headers: { ...answered.headers, 'cache-control': 'no-store' } };
}
