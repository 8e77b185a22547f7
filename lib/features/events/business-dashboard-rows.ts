import type { MeteringMetrics } from '../metering/metering-metrics.ts';
import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { BusinessMetrics } from './business-metrics.ts';

/** The dashboard's rows of the shop, and of what its clients use. */
export function businessDashboardRows(
  business: BusinessMetrics,
  metering: MeteringMetrics,
  currency: string,
): Row[] {
  return [
    row(
      graph('Orders', [business.created, business.confirmed, business.failed]),
      graph('Orders: failed, percent', [business.failurePercent(1)]),
      graph('Orders: time to payment and to confirmation, ms', [
        business.orderToPaymentMs('p50'),
        business.paymentToConfirmationMs('p50'),
        business.orderToConfirmationMs('p95'),
      ]),
    ),
    row(
      graph('Revenue, minor units', [business.revenue(currency)]),
      graph('Payments', [business.paymentsSucceeded, business.paymentsFailed]),
      graph('Inventory: mismatches', business.mismatchesOf),
    ),
    row(
      graph('Usage: requests and duplicate log lines', [metering.requests, metering.again]),
      graph('Usage: bytes', [metering.bytes]),
      graph('Quotas: alerts at 80, 90 and 100 percent', [metering.alerts]),
    ),
    row(
      graph('Access log: delivered and queued', [metering.events, metering.fallback]),
      graph('Metering: lag, s', [metering.lagSeconds, metering.fallbackSeconds]),
      graph('Metering: errors', [
        metering.errors,
        metering.unreadable,
        metering.late,
        metering.chargeFailures,
        metering.deadLetters,
      ]),
    ),
  ];
}
