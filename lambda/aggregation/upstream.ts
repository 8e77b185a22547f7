import type { Scripts } from '../../runtime/limit-store/script-runner.ts';
import { type BreakerSettings, withBreakers } from './breakers.ts';
import { withBulkhead } from './bulkhead.ts';
import { HttpUpstream } from './http-upstream.ts';
import type { Upstream } from './ports.ts';

export interface UpstreamOptions {
  /** Address of every service that is not external. */
  readonly loadBalancerUrl: string;
  /** Base URL by the name of the external service. */
  readonly externals: Readonly<Record<string, string>>;
  /** Runs the scripts that hold the breakers' state. */
  readonly scripts: Scripts;
  /** Milliseconds of a clock that does not step back. */
  readonly now: () => number;
}

/**
 * Ten failures in ten seconds of four callers, at least a fifth of the calls; open for half a minute; five
 * probes.
 */
export const breakerSettings: BreakerSettings = {
  windowMilliseconds: 10_000,
  failures: 10,
  failuresOfOneCaller: 3,
  percent: 20,
  openMilliseconds: 30_000,
  probes: 5,
  // A route may take 29 s.
  leaseMilliseconds: 30_000,
};

/**
 * An instance serves one call at a time: this limits that call's fan-out to one service, with room for a
 * batch of 20.
 */
const maxCallsToOneService = 32;
/**
 * All services are behind one load balancer. Each has enough connections for all its calls, so that calls of
 * a slow service do not delay another's, which would count as that one's time-outs.
 */
const maxConnectionsToOneHost = Number.POSITIVE_INFINITY;

/** The upstream of all services: limited per service, with breakers, over kept connections. */
export function createUpstream({ loadBalancerUrl, externals, scripts, now }: UpstreamOptions): Upstream {
  const urls = new Map(Object.entries(externals));
  const http = new HttpUpstream({
    baseUrl: (service) => urls.get(service) ?? loadBalancerUrl,
    maxConnections: maxConnectionsToOneHost,
    now,
  });
  return withBulkhead(withBreakers(http, { scripts, settings: breakerSettings, now }), maxCallsToOneService);
}
