import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { maxOfMany } from '../observability/max-of-metrics.ts';

/** A serverless cache, and the ceilings that it was given. */
export interface MeasuredServerlessCache {
  readonly name: string;
  readonly maxStorageGb: number;
  readonly maxEcpuPerSecond: number;
}

/** Of one serverless cache, and of one node (ElastiCache quotas). */
const maxConnections = 65_000;

const minutely = { period: Duration.minutes(1) };

/** What is watched of the store; of several nodes, by the ten. */
export interface LimitStoreMetrics {
  readonly commands: readonly IMetric[];
  readonly latencyMicroseconds: readonly IMetric[];
  readonly evictions: readonly IMetric[];
  /** Refused for the moment; a serverless cache only. */
  readonly throttled: readonly IMetric[];
  /** Of what it may compute, keep and connect. */
  readonly cpuUsedPercent: readonly IMetric[];
  readonly memoryUsedPercent: readonly IMetric[];
  readonly connectionsPercent: readonly IMetric[];
  /** By which replicas are behind; counted nodes only. */
  readonly replicaLagSeconds: readonly IMetric[];
}

/** ElastiCache's own figures of a serverless cache ("Serverless metrics and events for Valkey and Redis OSS"). */
export function serverlessLimitStoreMetrics({
  name,
  maxStorageGb,
  maxEcpuPerSecond,
}: MeasuredServerlessCache): LimitStoreMetrics {
  const metric = (metricName: string, statistic: string, label: string) =>
    elastiCacheMetric({ clusterId: name }, metricName, statistic, label);
  /** Named, because a graph has one name for each metric. */
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

/** Nodes that are counted, in shards: ElastiCache names each after its group, its shard and its place there. */
export interface MeasuredCacheNodes {
  readonly name: string;
  readonly shards: number;
  readonly replicasPerShard: number;
}

/** ElastiCache's own figures of nodes ("Metrics for Valkey and Redis OSS"), the worst of them. */
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
