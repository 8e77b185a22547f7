import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { type MetricName, type Mismatch, mismatches } from '../../../lambda/events/contract.ts';
import { gatewayMetric } from '../observability/gateway-metric.ts';
import type { BusinessEvents } from './business-events.ts';

const minutely = { period: Duration.minutes(1) };

/** Metrics from order and stock events. Counts are sums per minute. */
export function businessMetrics(environment: string, { function: consumer, deadLetters }: BusinessEvents) {
  const metric = (
    metricName: MetricName,
    label: string,
    statistic?: string,
    dimensions?: Readonly<Record<string, string>>,
  ) => gatewayMetric(environment, metricName, { label, statistic, dimensions });
  const confirmed = metric('OrdersConfirmed', 'confirmed');
  const failed = metric('OrdersFailed', 'failed');
  return {
    created: metric('OrdersCreated', 'created'),
    confirmed,
    failed,
    paymentsSucceeded: metric('PaymentsSucceeded', 'paid'),
    paymentsFailed: metric('PaymentsFailed', 'declined'),
    revenue: (currency: string) => metric('Revenue', currency, 'Sum', { currency }),
    /** Percentage of failed orders among those that ended in the minute; 0 with fewer than `minimum` orders. */
    failurePercent: (minimum: number): IMetric =>
      new MathExpression({
        ...minutely,
        label: 'failed, percent',
        expression: `IF(FILL(failed, 0) + FILL(confirmed, 0) >= ${minimum}, 100 * FILL(failed, 0) / (FILL(failed, 0) + FILL(confirmed, 0)), 0)`,
        usingMetrics: { failed, confirmed },
      }),
    orderToPaymentMs: (statistic: string) => metric('OrderToPaymentTime', `paid ${statistic}`, statistic),
    paymentToConfirmationMs: (statistic: string) =>
      metric('PaymentToConfirmationTime', `confirmed ${statistic}`, statistic),
    orderToConfirmationMs: (statistic: string) =>
      metric('OrderToConfirmationTime', `total ${statistic}`, statistic),
    inventoryMismatches: metric('InventoryMismatches', 'all'),
    mismatchesOf: mismatches.map((kind: Mismatch) =>
      metric('InventoryMismatches', kind, 'Sum', { mismatch: kind }),
    ),
    /** Records, orders and refunds that services cannot complete automatically. */
    manualInterventionRequired: gatewayMetric(environment, 'ManualInterventionRequired', {
      label: 'manual intervention',
    }) as IMetric,
    tooOld: metric('EventsTooOld', 'too old'),
    errors: consumer.function.metricErrors({ ...minutely, label: 'errors' }),
    deadLetters: deadLetters.metricApproximateNumberOfMessagesVisible({
      ...minutely,
      label: 'dead letters',
      statistic: 'Maximum',
    }) as IMetric,
  };
}
export type BusinessMetrics = ReturnType<typeof businessMetrics>;
