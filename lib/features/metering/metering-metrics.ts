import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName } from '../../../lambda/metering/contract.ts';
import { gatewayMetric } from '../observability/gateway-metric.ts';
import type { Metering } from './metering.ts';

const minutely = { period: Duration.minutes(1) };

/** Metrics of metering: counts from its log (sums per minute), and its queues. */
export function meteringMetrics(environment: string, { function: metering, queues }: Metering) {
  const count = (metricName: MetricName, label: string) => gatewayMetric(environment, metricName, { label });
  const oldest = (queue: Metering['queues']['failed'], label: string) =>
    queue.metricApproximateAgeOfOldestMessage({ ...minutely, statistic: 'Maximum', label });
  const ofLambda = (metricName: string, statistic: string, label: string) =>
    metering.function.metric(metricName, { ...minutely, statistic, label });
  /** Time from the event to its invocation, in milliseconds. */
  const waited = ofLambda('AsyncEventAge', 'Maximum', 'event age');
  const failedSeconds = oldest(queues.failed, 'failed');
  return {
    lines: count('MeteredLines', 'lines'),
    requests: count('MeteredRequests', 'counted'),
    again: count('MeteredDuplicates', 'duplicates'),
    bytes: count('MeteredBytes', 'bytes'),
    unreadable: count('AccessLogParseErrors', 'parse errors'),
    late: count('AccessLogLinesTooOld', 'too old'),
    chargeFailures: count('QuotaUpdateFailures', 'quota update failures'),
    alerts: count('QuotaAlerts', 'quota alerts'),
    events: count('AccessLogEvents', 'to the event log'),
    fallback: count('AccessLogFallback', 'to the queue'),
    errors: metering.function.metricErrors({ ...minutely, label: 'errors' }),
    /** Age of the oldest record, failed or waiting for its first invocation, in seconds. */
    lagSeconds: new MathExpression({
      ...minutely,
      label: 'lag, s',
      expression: 'MAX([FILL(failed, 0), FILL(waited, 0) / 1000])',
      usingMetrics: { failed: failedSeconds, waited },
    }) as IMetric,
    fallbackSeconds: oldest(queues.accessLog, 'in the queue'),
    /** Messages in the dead-letter queue, and invocations that the queue of failed ones did not accept. */
    deadLetters: new MathExpression({
      ...minutely,
      label: 'dead letters',
      expression: 'FILL(dead, 0) + FILL(undelivered, 0)',
      usingMetrics: {
        dead: queues.deadLetters.metricApproximateNumberOfMessagesVisible({
          ...minutely,
          statistic: 'Maximum',
        }),
        undelivered: ofLambda('DestinationDeliveryFailures', 'Sum', 'not delivered'),
      },
    }) as IMetric,
  };
}
export type MeteringMetrics = ReturnType<typeof meteringMetrics>;
