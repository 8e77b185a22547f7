import type { BusinessMetrics } from './business-metrics.ts';
import { graph, type Row, row } from './dashboard-graph.ts';
import type { MeteringMetrics } from './metering-metrics.ts';

/** The dashboard's rows of the shop, and of what its clients use. */
export function businessRows(business: BusinessMetrics, metering: MeteringMetrics, currency: string): Row[] {
  return [
    row(
      graph('Orders', [business.created, business.confirmed, business.failed]),
      graph('Orders: failed, percent', [business.failurePercent(1)]),
      graph('Orders: time to pay and to confirm, ms', [
        business.paidAfterMs('p50'),
        business.confirmedAfterMs('p50'),
        business.convertedAfterMs('p95'),
      ]),
    ),
    row(
      graph('Revenue, minor units', [business.revenue(currency)]),
      graph('Payments', [business.paymentsSucceeded, business.paymentsFailed]),
      graph('Inventory: mismatches', business.mismatchesOf),
    ),
    row(
      graph('Usage: requests, and lines counted before', [metering.requests, metering.again]),
      graph('Usage: bytes', [metering.bytes]),
      graph('Quotas: told at 80, 90 and 100 percent', [metering.alerts]),
    ),
    row(
      graph('Access log: event log and queue', [metering.events, metering.fallback]),
      graph('Metering: what waits, s', [metering.behindSeconds, metering.fallbackSeconds]),
      graph('Metering: what went wrong', [
        metering.errors,
        metering.unreadable,
        metering.late,
        metering.chargeFailures,
        metering.deadLetters,
      ]),
    ),
  ];
}
