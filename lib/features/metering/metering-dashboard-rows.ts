import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { MeteringMetrics } from './metering-metrics.ts';

/** Dashboard rows of metering: what clients use, and the access log on its way to the usage table. */
export function meteringDashboardRows(metrics: MeteringMetrics): Row[] {
  return [
    row(
      graph('Usage: requests and duplicate log lines', [metrics.requests, metrics.again]),
      graph('Usage: bytes', [metrics.bytes]),
      graph('Quotas: alerts at 80, 90 and 100 percent', [metrics.alerts]),
    ),
    row(
      graph('Access log: delivered and queued', [metrics.events, metrics.fallback]),
      graph('Metering: lag, s', [metrics.lagSeconds, metrics.fallbackSeconds]),
      graph('Metering: errors', [
        metrics.errors,
        metrics.unreadable,
        metrics.late,
        metrics.chargeFailures,
        metrics.deadLetters,
      ]),
    ),
  ];
}
