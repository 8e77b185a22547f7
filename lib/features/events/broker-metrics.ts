import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { chunk, maxOfMany } from '../observability/max-of-metrics.ts';

export type BrokerKind = 'serverless' | 'express' | 'standard';

/** A cluster of MSK by its name. Brokers are numbered from 1; of a serverless one there are none to see. */
export interface MeasuredBrokers {
  readonly name: string;
  readonly kind: BrokerKind;
  readonly brokers: number;
}

const minutely = { period: Duration.minutes(1) };

/**
 * MSK's own figures ("Amazon MSK metrics for monitoring Standard brokers with CloudWatch", and the same of Express and
 * of serverless clusters). Partitions, replicas and disks are told of Standard brokers only: the others keep them in a
 * service of their own.
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
    /** One, or none while the cluster has no head. Undefined where AWS does not tell. */
    activeControllers:
      kind === 'serverless' ? undefined : metric('ActiveControllerCount', 'Maximum', 'active controllers'),
    offlinePartitions:
      kind === 'standard' ? metric('OfflinePartitionsCount', 'Maximum', 'offline partitions') : undefined,
    underReplicated: worst('r', 'UnderReplicatedPartitions', 'lacking replicas'),
    diskPercent: worst('d', 'KafkaDataLogsDiskUsed', 'disk, percent'),
    // Two metrics of each.
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
                // A graph of several topics has one name for each metric.
                `${topic.replaceAll(/[^a-z]/g, '_')}${broker}`,
                metric('BytesInPerSec', 'Average', topic, { 'Broker ID': String(broker), Topic: topic }),
              ]),
            ),
          }),
    /** Records of a topic that a group has yet to read. */
    lag: (group: string, topic: string) =>
      metric('SumOffsetLag', 'Maximum', `${group}: ${topic}`, { 'Consumer Group': group, Topic: topic }),
  };
}
export type BrokerMetrics = ReturnType<typeof brokerMetrics>;
