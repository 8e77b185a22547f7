import type { Upstream } from './ports.ts';

/**
 * Bounds the calls that are under way to one service: a slow one may not take all connections and memory of the
 * instance. A call beyond the bound fails at once, since waiting would only move the queue.
 */
export function withBulkhead(upstream: Upstream, maxCalls: number): Upstream {
  const underWay = new Map<string, number>();
  return {
    call: async (call) => {
      const calls = underWay.get(call.service) ?? 0;
      if (calls >= maxCalls) return { kind: 'failed', reason: 'bulkhead-full' };
      underWay.set(call.service, calls + 1);
      try {
        return await upstream.call(call);
      } finally {
        underWay.set(call.service, (underWay.get(call.service) ?? 1) - 1);
      }
    },
  };
}
