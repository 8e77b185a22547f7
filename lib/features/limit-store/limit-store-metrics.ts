import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { maxOfMany } from '../observability/max-of-metrics.ts';

/** A serverless cache and its configured maximums. */
export interface MeasuredServerlessCache {
  readonly name: string;
  readonly maxStorageGb: number;
  readonly maxEcpuPerSecond: number;
}

/** Maximum connections of a serverless cache, and of a node (ElastiCache quotas). */
const maxConnections = 65_000;

const minutely = { period: Duration.minutes(1) };

/** Metrics of the limit store. With provisioned nodes, each list has one expression per ten nodes. */
export interface LimitStoreMetrics {
  readonly commands: readonly IMetric[];
  readonly latencyMicroseconds: readonly IMetric[];
  readonly evictions: readonly IMetric[];
  /** Throttled commands; serverless cache only. */
  readonly throttled: readonly IMetric[];
  /** Percentage of the maximum CPU, memory and connections. */
  readonly cpuUsedPercent: readonly IMetric[];
  readonly memoryUsedPercent: readonly IMetric[];
  readonly connectionsPercent: readonly IMetric[];
  /** Replication lag; provisioned nodes only. */
  readonly replicaLagSeconds: readonly IMetric[];
}

/** Metrics of a serverless cache ("Serverless metrics and events for Valkey and Redis OSS"). */
export function serverlessLimitStoreMetrics({
  name,
  maxStorageGb,
  maxEcpuPerSecond,
}: MeasuredServerlessCache): LimitStoreMetrics {
  const metric = (metricName: string, statistic: string, label: string) =>
    elastiCacheMetric({ clusterId: name }, metricName, statistic, label);
  /** With an id, because metric ids must be unique in a graph. */
  const percentOf = (name: string, of: Metric, whole: number): IMetric =>
    new MathExpression({
      ...minutely,
      label: `${name}, percent`,
      expression: `100 * ${name} / ${whole}`,
      usingMetrics: { [name]: of },
    });
  return {
    commands: [metric('TotalCmdsCount', 'Sum', 'commands')],
    latencyMicroseconds: [
      metric('SuccessfulReadRequestLatency', 'Average', 'read'),
      metric('SuccessfulWriteRequestLatency', 'Average', 'write'),
    ],
    evictions: [metric('Evictions', 'Sum', 'evictions')],
    throttled: [metric('ThrottledCmds', 'Sum', 'throttled')],
    cpuUsedPercent: [
      percentOf('ecpu', metric('ElastiCacheProcessingUnits', 'Sum', 'ECPU'), maxEcpuPerSecond * 60),
    ],
    memoryUsedPercent: [
      percentOf('memory', metric('BytesUsedForCache', 'Maximum', 'bytes'), maxStorageGb * 1_000_000_000),
    ],
    connectionsPercent: [
      percentOf('connections', metric('CurrConnections', 'Maximum', 'connections'), maxConnections),
    ],
    replicaLagSeconds: [],
  };
}

/** Provisioned nodes in shards. ElastiCache names a node after its group, its shard and its number. */
export interface MeasuredCacheNodes {
  readonly name: string;
  readonly shards: number;
  readonly replicasPerShard: number;
}

/** Metrics of provisioned nodes ("Metrics for Valkey and Redis OSS"): the maximum over the nodes. */
export function nodeLimitStoreMetrics({
  name,
  shards,
  replicasPerShard,
}: MeasuredCacheNodes): LimitStoreMetrics {
  const nodes = Array.from({ length: shards }, (_, shard) =>
    Array.from(
      { length: replicasPerShard + 1 },
      (_, place) => `${name}-${String(shard + 1).padStart(4, '0')}-${String(place + 1).padStart(3, '0')}`,
    ),
  ).flat();
  const worst = (prefix: string, metricName: string, statistic: string, label: string) =>
    maxOfMany(
      nodes.map((node) => elastiCacheMetric({ CacheClusterId: node }, metricName, statistic, node)),
      prefix,
      label,
    );
  const ofConnections = worst('c', 'CurrConnections', 'Maximum', 'connections').map(
    (connections, index): IMetric =>
      new MathExpression({
        ...minutely,
        label: 'connections, percent',
        expression: `100 * most${index} / ${maxConnections}`,
        usingMetrics: { [`most${index}`]: connections },
      }),
  );
  return {
    commands: worst('e', 'EvalBasedCmds', 'Sum', 'scripts, busiest node'),
    latencyMicroseconds: worst('l', 'EvalBasedCmdsLatency', 'Average', 'script, slowest node'),
    evictions: worst('v', 'Evictions', 'Sum', 'evictions'),
    throttled: [],
    cpuUsedPercent: worst('u', 'EngineCPUUtilization', 'Maximum', 'engine, percent'),
    memoryUsedPercent: worst('m', 'DatabaseMemoryUsagePercentage', 'Maximum', 'memory, percent'),
    connectionsPercent: ofConnections,
    replicaLagSeconds: replicasPerShard === 0 ? [] : worst('g', 'ReplicationLag', 'Maximum', 'replica lag'),
  };
}

function elastiCacheMetric(
  dimensionsMap: Record<string, string>,
  metricName: string,
  statistic: string,
  label: string,
): Metric {
  return new Metric({
    ...minutely,
    namespace: 'AWS/ElastiCache',
    metricName,
    dimensionsMap,
    statistic,
    label,
  });
}
