import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';

/** A serverless cache, and the ceilings that it was given. */
export interface MeasuredStore {
  readonly name: string;
  readonly maxStorageGb: number;
  readonly maxEcpuPerSecond: number;
}

/** Of one serverless cache (ElastiCache quotas). */
const maxConnections = 65_000;

const minutely = { period: Duration.minutes(1) };

/** ElastiCache's own figures of a serverless cache ("Serverless metrics and events for Valkey and Redis OSS"). */
export function storeMetrics({ name, maxStorageGb, maxEcpuPerSecond }: MeasuredStore) {
  const metric = (metricName: string, statistic: string, label: string) =>
    new Metric({
      ...minutely,
      namespace: 'AWS/ElastiCache',
      metricName,
      dimensionsMap: { clusterId: name },
      statistic,
      label,
    });
  /** Named, because a graph has one name for each metric. */
  const percentOf = (name: string, of: Metric, whole: number): IMetric =>
    new MathExpression({
      ...minutely,
      label: `${name}, percent`,
      expression: `100 * ${name} / ${whole}`,
      usingMetrics: { [name]: of },
    });
  const connections = metric('CurrConnections', 'Maximum', 'connections');
  return {
    commands: metric('TotalCmdsCount', 'Sum', 'commands'),
    hitRate: metric('CacheHitRate', 'Average', 'found'),
    readMicroseconds: metric('SuccessfulReadRequestLatency', 'Average', 'read'),
    writeMicroseconds: metric('SuccessfulWriteRequestLatency', 'Average', 'write'),
    connections,
    evictions: metric('Evictions', 'Sum', 'evictions'),
    throttled: metric('ThrottledCmds', 'Sum', 'throttled'),
    busyPercent: percentOf(
      'ecpu',
      metric('ElastiCacheProcessingUnits', 'Sum', 'ECPU'),
      maxEcpuPerSecond * 60,
    ),
    fullPercent: percentOf(
      'memory',
      metric('BytesUsedForCache', 'Maximum', 'bytes'),
      maxStorageGb * 1_000_000_000,
    ),
    connectionsPercent: percentOf('connections', connections, maxConnections),
  };
}
export type StoreMetrics = ReturnType<typeof storeMetrics>;
