import type { OrderStatus } from './order.ts';

/** With pauses that double up to a minute, these attempts take about 20 minutes: longer than stock is held. */
const orderAttempts = 25;
/** With 15 minutes between the later attempts, these take about 19 hours, because a customer's money is at stake. */
const paymentAttempts = 100;

interface AttemptedStep {
  readonly status: OrderStatus;
  readonly payment?: unknown;
  /** Attempts of the step so far, including the current one. */
  readonly attempts: number;
  /** Whether the hold on its stock has expired. */
  readonly isLate: boolean;
}

/** The maximum number of attempts for the step of an order in this status. */
export function maxAttempts({ status }: Pick<AttemptedStep, 'status'>): number {
  return status === 'created' || status === 'reserved' || status === 'paid' ? orderAttempts : paymentAttempts;
}

/** Whether this is the last attempt of the step. An unpaid order is not retried after its hold has expired. */
export function isLastAttempt(order: AttemptedStep): boolean {
  const isUnpaid = order.status === 'created' || order.status === 'reserved';
  return order.attempts >= maxAttempts(order) || (isUnpaid && order.isLate);
}

/** Seconds until the next attempt: 1, doubling up to 60; 900 from the 26th attempt on. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(2 ** (attempts - 1), attempts <= orderAttempts ? 60 : 900);
}
