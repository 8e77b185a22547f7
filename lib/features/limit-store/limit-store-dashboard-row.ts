import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { LimitStoreMetrics } from './limit-store-metrics.ts';

/** Dashboard row of the limit store. */
export function limitStoreDashboardRow(metrics: LimitStoreMetrics): Row {
  return row(
    graph('Limit store: commands', [...metrics.commands, ...metrics.throttled, ...metrics.evictions]),
    graph('Limit store: CPU, memory, connections, percent of maximum', [
      ...metrics.cpuUsedPercent,
      ...metrics.memoryUsedPercent,
      ...metrics.connectionsPercent,
    ]),
    graph('Limit store: command latency, µs', metrics.latencyMicroseconds),
    graph('Limit store: replica lag, s', metrics.replicaLagSeconds),
  );
}
