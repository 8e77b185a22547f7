import { graph, type Row, row } from '../observability/dashboard-row.ts';
import type { BusinessMetrics } from './business-metrics.ts';

/** Dashboard rows of the shop: orders, payments, inventory. `currency` is the revenue's (ISO 4217). */
export function businessDashboardRows(metrics: BusinessMetrics, currency: string): Row[] {
  return [
    row(
      graph('Orders', [metrics.created, metrics.confirmed, metrics.failed]),
      graph('Orders: failed, percent', [metrics.failurePercent(1)]),
      graph('Orders: time to payment and to confirmation, ms', [
        metrics.orderToPaymentMs('p50'),
        metrics.paymentToConfirmationMs('p50'),
        metrics.orderToConfirmationMs('p95'),
      ]),
    ),
    row(
      graph('Revenue, minor units', [metrics.revenue(currency)]),
      graph('Payments', [metrics.paymentsSucceeded, metrics.paymentsFailed]),
      graph('Inventory: mismatches', metrics.mismatchesOf),
    ),
  ];
}
