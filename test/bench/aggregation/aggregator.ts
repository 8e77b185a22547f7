import { setTimeout as sleep } from 'node:timers/promises';
import { createAggregator } from '../../../lambda/aggregation/aggregator.ts';
import { createPartCache } from '../../../lambda/aggregation/part-cache.ts';
import { createUpstream } from '../../../lambda/aggregation/upstream.ts';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { ScriptRunner } from '../../../runtime/limit-store/script-runner.ts';
import { openConnection } from '../../../runtime/limit-store/valkey-connection.ts';
import { createLog } from '../../../runtime/logging/log.ts';
import { compositionsOf, type Page } from './pages.ts';

/** The complete aggregation function without its environment: guard, composition, bulkheads, breakers in the limit store, HTTP. */
export function aggregatorOf(pages: readonly Page[], servicesUrl: string, storeUrl: string) {
  const compositions = compositionsOf(pages);
  const now = () => performance.now();
  const scripts = new ScriptRunner({
    open: (onEnd) => openConnection({ url: storeUrl, topology: 'single' }, onEnd),
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now,
    budgetMilliseconds: 50,
    onFailure: () => undefined,
  });
  return createAggregator({
    compositions,
    upstream: createUpstream({ loadBalancerUrl: servicesUrl, externals: {}, scripts, now }),
    cache: createPartCache(scripts),
    now,
    wait: (milliseconds, signal) => sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    random: Math.random,
    log: createLog((line) => process.stderr.write(`${line}\n`)),
  });
}

/** The event of a call that the authorizer has admitted. */
export const eventOf = (path: string) => ({
  version: '2.0',
  routeKey: `GET ${path}`,
  rawPath: path,
  rawQueryString: '',
  headers: { accept: 'application/json' },
  requestContext: {
    requestId: 'bench',
    http: { method: 'GET' },
    authorizer: { lambda: { decision: 'allow', service: 'page', cacheControl: 'private, no-store' } },
  },
});
