import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { type ApplicationLoadBalancer, HttpCodeElb } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { DatabaseMetrics } from '../database/database-metrics.ts';
import type { BrokerMetrics } from '../events/broker-metrics.ts';
import type { LimitStoreMetrics } from '../limit-store/limit-store-metrics.ts';
import { graph, type Row, row, withLabel } from './dashboard-row.ts';
import { type MonitoredService, serviceMetrics } from './service-level-metrics.ts';

export interface PlatformDashboardRowsProps {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly services: Readonly<Record<string, MonitoredService>>;
  /** Undefined where the environment names one that is there, and in which nothing can be seen from here. */
  readonly limitStore: LimitStoreMetrics | undefined;
  readonly database: DatabaseMetrics | undefined;
  readonly brokers: BrokerMetrics | undefined;
  readonly topics: readonly string[];
  /** What services read: group and topic. */
  readonly consumers: readonly { readonly group: string; readonly topic: string }[];
}

/** What the gateway stands before and rests on: load balancer, services, store, database, brokers. */
export function platformDashboardRows(props: PlatformDashboardRowsProps): Row[] {
  return [
    loadBalancerRow(props.loadBalancer),
    ...serviceRows(props.services),
    ...(props.limitStore === undefined ? [] : [storeRow(props.limitStore)]),
    ...(props.database === undefined ? [] : [databaseRow(props.database)]),
    ...(props.brokers === undefined ? [] : [brokerRow(props.brokers, props)]),
  ];
}

function loadBalancerRow({ metrics }: ApplicationLoadBalancer): Row {
  return row(
    graph('Load balancer: requests, fixed responses, rejected connections', [
      metrics.requestCount({ label: 'requests' }),
      metrics.httpFixedResponseCount({ label: 'fixed responses' }),
      metrics.rejectedConnectionCount({ label: 'rejected' }),
    ]),
    graph('Load balancer: its own 5xx', [metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { label: '5xx' })]),
  );
}

/** A line for each service in a few graphs, so that a dashboard does not grow with the catalogue. */
function serviceRows(services: PlatformDashboardRowsProps['services']): Row[] {
  const metrics = Object.entries(services).map(([name, service]) => ({ name, ...serviceMetrics(service) }));
  const lines = (metricOf: (of: (typeof metrics)[number]) => IMetric | undefined) =>
    metrics.flatMap((of) => {
      const metric = metricOf(of);
      return metric === undefined ? [] : [withLabel(metric, of.name)];
    });
  return [
    row(
      graph(
        'Services: p95 response time, s',
        lines(({ responseSeconds }) => responseSeconds),
      ),
      graph(
        'Services: unhealthy targets',
        lines(({ unhealthyTargets }) => unhealthyTargets),
      ),
      graph(
        'Services: tasks',
        lines(({ runningTasks }) => runningTasks),
      ),
    ),
    row(
      graph(
        'Services: CPU, percent',
        lines(({ cpuPercent }) => cpuPercent),
      ),
      graph(
        'Services: memory, percent',
        lines(({ memoryPercent }) => memoryPercent),
      ),
    ),
  ];
}

function storeRow(store: LimitStoreMetrics): Row {
  return row(
    graph('Limit store: commands', [...store.commands, ...store.throttled, ...store.evictions]),
    graph('Limit store: CPU, memory, connections, percent of maximum', [
      ...store.cpuUsedPercent,
      ...store.memoryUsedPercent,
      ...store.connectionsPercent,
    ]),
    graph('Limit store: command latency, µs', store.latencyMicroseconds),
    graph('Limit store: replica lag, s', store.replicaLagSeconds),
  );
}

function databaseRow(database: DatabaseMetrics): Row {
  return row(
    graph('Database: CPU and capacity, percent', [database.cpuPercent, database.capacityPercent]),
    graph('Database: ACU', [database.capacityUnits]),
    graph('Database: connections, deadlocks', [database.connections, database.deadlocks]),
    graph('Database: commit latency and replica lag, ms', [database.commitMs, database.replicaLagMs]),
  );
}

function brokerRow(brokers: BrokerMetrics, { topics, consumers }: PlatformDashboardRowsProps): Row {
  return row(
    graph('Brokers: bytes in per second, by topic', topics.map(brokers.bytesIn)),
    graph(
      'Brokers: consumer lag, records',
      consumers.map(({ group, topic }) => brokers.lag(group, topic)),
    ),
    graph('Brokers: CPU and disk, percent', [...brokers.cpuPercent, ...brokers.diskPercent]),
    graph('Brokers: active controllers, offline and under-replicated partitions', [
      brokers.activeControllers,
      brokers.offlinePartitions,
      ...brokers.underReplicated,
    ]),
  );
}
