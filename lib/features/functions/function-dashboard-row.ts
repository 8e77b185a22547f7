import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { FunctionMetrics } from './function-metrics.ts';

/** Dashboard row of all Lambda functions: one line per function in each graph. */
export function functionDashboardRow(functions: Readonly<Record<string, FunctionMetrics>>): Row {
  const lines = (metricOf: (metrics: FunctionMetrics) => FunctionMetrics['errors']) =>
    Object.entries(functions).map(([name, metrics]) => metricOf(metrics).with({ label: name }));
  return row(
    graph(
      'Functions: invocations',
      lines(({ invocations }) => invocations),
    ),
    graph(
      'Functions: errors',
      lines(({ errors }) => errors),
    ),
    graph(
      'Functions: throttles',
      lines(({ throttles }) => throttles),
    ),
    graph(
      'Functions: p95, ms',
      lines(({ durationMs }) => durationMs('p95')),
    ),
    graph(
      'Functions: concurrent executions',
      lines(({ concurrent }) => concurrent),
    ),
  );
}
