import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch';
import { type ApplicationLoadBalancer, HttpCodeElb } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { BrokerMetrics } from './broker-metrics.ts';
import { graph, labelled, type Row, row } from './dashboard-graph.ts';
import type { DatabaseMetrics } from './database-metrics.ts';
import { type MonitoredService, serviceMetrics } from './metrics.ts';
import type { StoreMetrics } from './store-metrics.ts';

export interface PlatformRowsProps {
  readonly loadBalancer: ApplicationLoadBalancer;
  readonly services: Readonly<Record<string, MonitoredService>>;
  /** Undefined where the environment names one that is there, and in which nothing can be seen from here. */
  readonly store: StoreMetrics | undefined;
  readonly database: DatabaseMetrics | undefined;
  readonly brokers: BrokerMetrics | undefined;
  readonly topics: readonly string[];
  /** What services read: group and topic. */
  readonly consumers: readonly { readonly group: string; readonly topic: string }[];
}

/** What the gateway stands before and rests on: load balancer, services, store, database, brokers. */
export function platformRows(props: PlatformRowsProps): Row[] {
  return [
    loadBalancerRow(props.loadBalancer),
    ...serviceRows(props.services),
    ...(props.store === undefined ? [] : [storeRow(props.store)]),
    ...(props.database === undefined ? [] : [databaseRow(props.database)]),
    ...(props.brokers === undefined ? [] : [brokerRow(props.brokers, props)]),
  ];
}

function loadBalancerRow({ metrics }: ApplicationLoadBalancer): Row {
  return row(
    graph('Load balancer: requests, answered by itself, rejected', [
      metrics.requestCount({ label: 'requests' }),
      metrics.httpFixedResponseCount({ label: 'answered by itself' }),
      metrics.rejectedConnectionCount({ label: 'rejected' }),
    ]),
    graph('Load balancer: its own 5xx', [metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { label: '5xx' })]),
  );
}

/** A line for each service in a few graphs, so that a dashboard does not grow with the catalogue. */
function serviceRows(services: PlatformRowsProps['services']): Row[] {
  const metrics = Object.entries(services).map(([name, service]) => ({ name, ...serviceMetrics(service) }));
  const lines = (metricOf: (of: (typeof metrics)[number]) => IMetric | undefined) =>
    metrics.flatMap((of) => {
      const metric = metricOf(of);
      return metric === undefined ? [] : [labelled(metric, of.name)];
    });
  return [
    row(
      graph(
        'Services: p95 answer, s',
        lines(({ answerSeconds }) => answerSeconds),
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

function storeRow(store: StoreMetrics): Row {
  return row(
    graph('Store: commands', [...store.commands, ...store.throttled, ...store.evictions]),
    graph('Store: processor, memory, connections, percent of the most', [
      ...store.busyPercent,
      ...store.fullPercent,
      ...store.connectionsPercent,
    ]),
    graph('Store: a command, µs', store.latencyMicroseconds),
    graph('Store: lag of replicas, s', store.replicaLagSeconds),
  );
}

function databaseRow(database: DatabaseMetrics): Row {
  return row(
    graph('Database: CPU and capacity, percent', [database.cpuPercent, database.capacityPercent]),
    graph('Database: ACU', [database.capacityUnits]),
    graph('Database: connections, deadlocks', [database.connections, database.deadlocks]),
    graph('Database: a commit, and the replicas’ lag, ms', [database.commitMs, database.replicaLagMs]),
  );
}

function brokerRow(brokers: BrokerMetrics, { topics, consumers }: PlatformRowsProps): Row {
  return row(
    graph('Brokers: bytes in a second, by topic', topics.map(brokers.bytesIn)),
    graph(
      'Brokers: records to read',
      consumers.map(({ group, topic }) => brokers.lag(group, topic)),
    ),
    graph('Brokers: CPU and disk, percent', [...brokers.cpuPercent, ...brokers.diskPercent]),
    graph('Brokers: controllers, partitions without leader or replica', [
      brokers.activeControllers,
      brokers.offlinePartitions,
      ...brokers.underReplicated,
    ]),
  );
}
