import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { BrokerMetrics } from './broker-metrics.ts';

/** A consumer group and a topic that it reads. */
export interface TopicConsumer {
  readonly group: string;
  readonly topic: string;
}

/** Dashboard row of the MSK cluster, with a line per topic and per consumer. */
export function brokerDashboardRow(
  metrics: BrokerMetrics,
  topics: readonly string[],
  consumers: readonly TopicConsumer[],
): Row {
  return row(
    graph('Brokers: bytes in per second, by topic', topics.map(metrics.bytesIn)),
    graph(
      'Brokers: consumer lag, records',
      consumers.map(({ group, topic }) => metrics.lag(group, topic)),
    ),
    graph('Brokers: CPU and disk, percent', [...metrics.cpuPercent, ...metrics.diskPercent]),
    graph('Brokers: active controllers, offline and under-replicated partitions', [
      metrics.activeControllers,
      metrics.offlinePartitions,
      ...metrics.underReplicated,
    ]),
  );
}
