import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import type { DrainMetric } from '../../../lambda/webhook-drain/contract.ts';
import type { RefusalReason, WebhookMetric } from '../../../lambda/webhooks/contract.ts';
import { gatewayMetric } from '../observability/gateway-metric.ts';
import type { WebhookIngestion } from './webhook-ingestion.ts';

/** Metrics of webhooks: counts from the functions' logs (sums per minute), and the queues. */
export function webhookMetrics(environment: string, { queue, deadLetters, receiver }: WebhookIngestion) {
  const count = (
    metricName: WebhookMetric | DrainMetric,
    label: string,
    dimensions: Readonly<Record<string, string>> = {},
  ) => gatewayMetric(environment, metricName, { label, dimensions });
  const accepted = count('WebhooksAccepted', 'accepted');
  const duplicates = count('WebhookDuplicates', 'duplicates');
  const undelivered = count('WebhookIngestionErrors', 'ingestion failures');
  const refused = (reason: RefusalReason) => count('WebhooksRefused', reason, { reason });
  const fiveMinutes = { period: Duration.minutes(5) };
  const oldest = { period: Duration.minutes(1), statistic: 'Maximum' };
  return {
    accepted,
    duplicates,
    refused: count('WebhooksRefused', 'refused'),
    fallbacks: count('WebhookFallbacks', 'fallback queue'),
    unclaimed: count('WebhooksNotDeduplicated', 'not deduplicated'),
    drained: count('WebhooksDrained', 'drained'),
    drainFailures: count('WebhookDrainFailures', 'not drained'),
    /** Webhooks that were not accepted because of a handled or an unhandled failure. */
    lost: new MathExpression({
      period: Duration.minutes(1),
      label: 'ingestion failures',
      expression: 'FILL(undelivered, 0) + FILL(errors, 0)',
      usingMetrics: {
        undelivered,
        errors: receiver.function.metricErrors({ period: Duration.minutes(1) }),
      },
    }) as IMetric,
    /** 0 with fewer than ten mismatches in five minutes, because anybody can post a forged webhook. */
    mismatchPercent: new MathExpression({
      ...fiveMinutes,
      label: 'signature failures, percent',
      expression:
        'IF(FILL(wrong, 0) >= 10, 100 * wrong / (wrong + FILL(accepted, 0) + FILL(duplicates, 0)), 0)',
      usingMetrics: {
        wrong: refused('signature-mismatch').with(fiveMinutes),
        accepted: accepted.with(fiveMinutes),
        duplicates: duplicates.with(fiveMinutes),
      },
    }) as IMetric,
    oldestSeconds: queue.metricApproximateAgeOfOldestMessage({ ...oldest, label: 'oldest, s' }) as IMetric,
    deadLetters: deadLetters.metricApproximateNumberOfMessagesVisible({
      ...oldest,
      label: 'dead letters',
    }) as IMetric,
  };
}
export type WebhookMetrics = ReturnType<typeof webhookMetrics>;
