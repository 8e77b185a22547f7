import type { ApiMetrics } from './api-metrics.ts';
import { graph, type Row, row } from './dashboard-row.ts';

/** Dashboard row of one API: requests, errors, latency. `api` is the name in the titles, such as `Public API`. */
export function apiDashboardRow(api: string, metrics: ApiMetrics): Row {
  return row(
    graph(`${api}: requests and errors`, [metrics.requests, metrics.clientErrors, metrics.serverErrors]),
    graph(`${api}: 5xx, percent`, [metrics.serverErrorPercent]),
    graph(`${api}: gateway and integration latency, ms`, [
      metrics.latencyMs('p50'),
      metrics.latencyMs('p95'),
      metrics.integrationLatencyMs('p50'),
      metrics.integrationLatencyMs('p95'),
    ]),
    graph(`${api}: average gateway overhead, ms`, [metrics.gatewayOverheadMs]),
  );
}
