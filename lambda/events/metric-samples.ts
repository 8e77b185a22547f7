import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import type { RecordedFacts } from './business-state.ts';
import type { MetricName, Mismatch } from './contract.ts';
import type { Fact } from './facts.ts';

/** One value of a metric with its time. */
export interface MetricSample {
  readonly metric: MetricName;
  readonly unit: 'Count' | 'Milliseconds' | 'None';
  /** Besides `environment`. */
  readonly dimensions: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly value: number;
}

/** The samples of a newly entered fact. */
export function metricSamplesOf(
  event: ShopEvent,
  { name, timeMs }: Fact,
  known: RecordedFacts,
): MetricSample[] {
  const one = (metric: MetricName) => [count(metric, timeMs)];
  switch (event.type) {
    case 'orders.created':
      return [...one('OrdersCreated'), ...latencies(name, known)];
    case 'orders.payment_succeeded':
      return [...one('PaymentsSucceeded'), ...latencies(name, known)];
    case 'orders.payment_failed':
      return one('PaymentsFailed');
    case 'orders.confirmed':
      return [...one('OrdersConfirmed'), ...revenue(event.data.total, timeMs), ...latencies(name, known)];
    case 'orders.failed':
      return one('OrdersFailed');
    case 'inventory.updated':
      if (name.startsWith('negative ')) return mismatch('negative-stock', timeMs);
      return completesTwoOutcomes(name, known) ? mismatch('two-outcomes', timeMs) : [];
    default:
      return [];
  }
}

/** Both as a total and by kind. */
export function mismatch(kind: Mismatch, timeMs: number): MetricSample[] {
  return [
    count('InventoryMismatches', timeMs),
    { ...count('InventoryMismatches', timeMs), dimensions: { mismatch: kind } },
  ];
}

export function count(metric: MetricName, timeMs: number): MetricSample {
  return { metric, unit: 'Count', dimensions: {}, timeMs, value: 1 };
}

function revenue(
  { amount, currency }: { readonly amount: number; readonly currency: string },
  timeMs: number,
) {
  return [{ metric: 'Revenue', unit: 'None', dimensions: { currency }, timeMs, value: amount } as const];
}

const steps = [
  { metric: 'OrderToPaymentTime', from: 'created', to: 'paid' },
  { metric: 'PaymentToConfirmationTime', from: 'paid', to: 'confirmed' },
  { metric: 'OrderToConfirmationTime', from: 'created', to: 'confirmed' },
] as const;

/**
 * The durations of the steps that this fact completes, whichever end was received first: both ends are known,
 * and this one was received later. Each sample has the time at which the step ended. Clocks of two services
 * may differ, so a duration is at least 0.
 */
function latencies(name: string, known: RecordedFacts): MetricSample[] {
  return steps.flatMap(({ metric, from, to }) => {
    if (name !== from && name !== to) return [];
    const [begin, end] = [known.timeOf(from), known.timeOf(to)];
    if (begin === undefined || end === undefined) return [];
    if (!known.isLater(name, name === from ? to : from)) return [];
    return [
      { metric, unit: 'Milliseconds', dimensions: {}, timeMs: end, value: Math.max(end - begin, 0) } as const,
    ];
  });
}

function completesTwoOutcomes(name: string, known: RecordedFacts): boolean {
  const other = name === 'committed' ? 'released' : 'committed';
  if (name !== 'committed' && name !== 'released') return false;
  return known.timeOf(other) !== undefined && known.isLater(name, other);
}
