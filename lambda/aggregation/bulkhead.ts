import type { Upstream } from './ports.ts';

/**
 * Limits the concurrent calls to one service, so that a slow one does not take all connections and memory of
 * the instance. A call beyond the limit fails at once, because waiting would only move the queue.
 */
export function withBulkhead(upstream: Upstream, maxCalls: number): Upstream {
  const activeCalls = new Map<string, number>();
  return {
    call: async (call) => {
      const calls = activeCalls.get(call.service) ?? 0;
      if (calls >= maxCalls) return { kind: 'failed', reason: 'bulkhead-full' };
      activeCalls.set(call.service, calls + 1);
      try {
        return await upstream.call(call);
      } finally {
        activeCalls.set(call.service, (activeCalls.get(call.service) ?? 1) - 1);
      }
    },
  };
}
