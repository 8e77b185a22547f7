import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { DatabaseMetrics } from './database-metrics.ts';

/** Dashboard row of the Aurora cluster. */
export function databaseDashboardRow(metrics: DatabaseMetrics): Row {
  return row(
    graph('Database: CPU and capacity, percent', [metrics.cpuPercent, metrics.capacityPercent]),
    graph('Database: ACU', [metrics.capacityUnits]),
    graph('Database: connections, deadlocks', [metrics.connections, metrics.deadlocks]),
    graph('Database: commit latency and replica lag, ms', [metrics.commitMs, metrics.replicaLagMs]),
  );
}
