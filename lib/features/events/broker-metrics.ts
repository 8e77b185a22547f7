import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { chunk, maxOfMany } from '../observability/max-of-metrics.ts';

export type BrokerKind = 'serverless' | 'express' | 'standard';

/** An MSK cluster by name. Brokers are numbered from 1; a serverless cluster has no visible brokers. */
export interface MeasuredBrokers {
  readonly name: string;
  readonly kind: BrokerKind;
  readonly brokers: number;
}

const minutely = { period: Duration.minutes(1) };

/**
 * Metrics of an MSK cluster ("Amazon MSK metrics for monitoring Standard brokers with CloudWatch", and the same for Express
 * brokers and serverless clusters). Only Standard brokers report partitions, replicas and disks.
 */
export function brokerMetrics({ name, kind, brokers }: MeasuredBrokers) {
  const metric = (
    metricName: string,
    statistic: string,
    label: string,
    dimensions: Readonly<Record<string, string>> = {},
  ) =>
    new Metric({
      ...minutely,
      namespace: 'AWS/Kafka',
      metricName,
      dimensionsMap: { 'Cluster Name': name, ...dimensions },
      statistic,
      label,
    });
  const numbers = Array.from({ length: kind === 'serverless' ? 0 : brokers }, (_, index) => index + 1);
  const standard = kind === 'standard' ? numbers : [];
  const ofBroker = (metricName: string, statistic: string, broker: number) =>
    metric(metricName, statistic, `broker ${broker}`, { 'Broker ID': String(broker) });
  const worst = (prefix: string, metricName: string, label: string): IMetric[] =>
    maxOfMany(
      standard.map((broker) => ofBroker(metricName, 'Maximum', broker)),
      prefix,
      label,
    );
  const busy = (of: readonly number[]): IMetric =>
    new MathExpression({
      ...minutely,
      label: 'CPU, percent',
      expression: `MAX([${of.map((broker) => `u${broker} + s${broker}`).join(', ')}])`,
      usingMetrics: Object.fromEntries(
        of.flatMap((broker) => [
          [`u${broker}`, ofBroker('CpuUser', 'Average', broker)],
          [`s${broker}`, ofBroker('CpuSystem', 'Average', broker)],
        ]),
      ),
    });
  return {
    /** Number of active controllers, 0 or 1. Undefined where AWS does not report it. */
    activeControllers:
      kind === 'serverless' ? undefined : metric('ActiveControllerCount', 'Maximum', 'active controllers'),
    offlinePartitions:
      kind === 'standard' ? metric('OfflinePartitionsCount', 'Maximum', 'offline partitions') : undefined,
    underReplicated: worst('r', 'UnderReplicatedPartitions', 'lacking replicas'),
    diskPercent: worst('d', 'KafkaDataLogsDiskUsed', 'disk, percent'),
    // Each broker has two metrics.
    cpuPercent: chunk(numbers, 5).map(busy),
    bytesIn: (topic: string) =>
      kind === 'serverless'
        ? metric('BytesInPerSec', 'Average', topic, { Topic: topic })
        : new MathExpression({
            ...minutely,
            label: topic,
            expression: 'SUM(METRICS())',
            usingMetrics: Object.fromEntries(
              numbers.map((broker) => [
                // Metric ids must be unique in a graph of several topics.
                `${topic.replaceAll(/[^a-z]/g, '_')}${broker}`,
                metric('BytesInPerSec', 'Average', topic, { 'Broker ID': String(broker), Topic: topic }),
              ]),
            ),
          }),
    /** Consumer lag of a group in records of a topic. */
    lag: (group: string, topic: string) =>
      metric('SumOffsetLag', 'Maximum', `${group}: ${topic}`, { 'Consumer Group': group, Topic: topic }),
  };
}
export type BrokerMetrics = ReturnType<typeof brokerMetrics>;
