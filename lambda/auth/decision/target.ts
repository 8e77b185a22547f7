import type { RoutePolicy, VariantPolicy } from '../contract.ts';
import { positionOf } from './cohort.ts';
import type { GatewayRequest } from './gateway-request.ts';

/** The service that answers a call, and the path that it sees. */
export interface Target {
  readonly service: string;
  /** Null is the caller's own path. */
  readonly rewrite: string | null;
}

/**
 * The first variant of a route whose conditions hold, or the route itself.
 *
 * @param caller a text that stays the same from call to call of one caller. Its position among all is the
 * same for all
 * routes of a service, so that a caller never gets different versions on different routes.
 */
export function chooseTarget(route: RoutePolicy, request: GatewayRequest, caller: string): Target {
  const position = route.variants.some(({ callers }) => callers !== null)
    ? positionOf(caller, `variants of ${route.service}`)
    : 0;
  const chosen = route.variants.find((variant) => holds(variant, request, position));
  if (chosen === undefined) return route;
  return { service: chosen.service, rewrite: chosen.rewrite ?? route.rewrite };
}

function holds(
  { host, header, query, callers }: VariantPolicy,
  request: GatewayRequest,
  position: number,
): boolean {
  return (
    (host === null || hostOf(request.target) === host) &&
    (header === null || request.headers[header.name] === header.value) &&
    (query === null || new URLSearchParams(request.query).get(query.name) === query.value) &&
    (callers === null || (position >= callers.from && position < callers.to))
  );
}

/** Of `host:port/path`, in lower case. */
function hostOf(target: string): string {
  return (target.split('/', 1)[0] ?? '').replace(/:\d*$/, '').toLowerCase();
}
