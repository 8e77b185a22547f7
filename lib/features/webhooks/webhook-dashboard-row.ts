import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { WebhookMetrics } from './webhook-metrics.ts';

/** Dashboard row of webhooks: accepted and refused calls, fallback queue, failures. */
export function webhookDashboardRow(metrics: WebhookMetrics): Row {
  return row(
    graph('Webhooks', [metrics.accepted, metrics.duplicates, metrics.refused, metrics.lost]),
    graph('Webhooks: fallback queue', [metrics.fallbacks, metrics.unclaimed, metrics.drained]),
    graph('Webhooks: backlog and failures', [
      metrics.oldestSeconds,
      metrics.drainFailures,
      metrics.deadLetters,
    ]),
  );
}
