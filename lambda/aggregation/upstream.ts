import type { Scripts } from '../../runtime/limit-store/script-runner.ts';
import { type BreakerSettings, withBreakers } from './breakers.ts';
import { withBulkhead } from './bulkhead.ts';
import { HttpUpstream } from './http-upstream.ts';
import type { Upstream } from './ports.ts';

export interface UpstreamOptions {
  /** Where every service is that is not an external one. */
  readonly loadBalancerUrl: string;
  /** Base URL by the name of the external service. */
  readonly externals: Readonly<Record<string, string>>;
  /** Where the breakers have their state. */
  readonly scripts: Scripts;
  /** Milliseconds of a clock that does not step back. */
  readonly now: () => number;
}

/** Ten failures in ten seconds of four callers, a fifth of the calls at least; half a minute of rest; five probes. */
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

/** An instance serves one call at a time: this is that call's fan-out to one service, and a batch of 20 has room. */
const maxCallsToOneService = 32;
/**
 * All services are behind one load balancer. Each has the connections for all its calls, so that the calls of one that
 * is slow do not take the time of another's, which would count as that one's time-outs.
 */
const maxConnectionsToOneHost = Number.POSITIVE_INFINITY;

/** The way to all services: bounded for each, spared by a breaker while it is down, over kept connections. */
export function createUpstream({ loadBalancerUrl, externals, scripts, now }: UpstreamOptions): Upstream {
  const urls = new Map(Object.entries(externals));
  const http = new HttpUpstream({
    baseUrl: (service) => urls.get(service) ?? loadBalancerUrl,
    maxConnections: maxConnectionsToOneHost,
    now,
  });
  return withBulkhead(withBreakers(http, { scripts, settings: breakerSettings, now }), maxCallsToOneService);
}
