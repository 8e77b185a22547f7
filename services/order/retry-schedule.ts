import type { OrderStatus } from './order.ts';

/** With pauses that double up to a minute these take about 20 minutes, longer than stock is held. */
const orderAttempts = 25;
/** With a quarter of an hour between the later ones these take about 19 hours: money is not given up easily. */
const paymentAttempts = 100;

interface AttemptedStep {
  readonly status: OrderStatus;
  readonly payment?: unknown;
  /** How often the step has been tried, this time included. */
  readonly attempts: number;
  /** Its stock is not held any more. */
  readonly isLate: boolean;
}

/** How often the step of an order in this state is tried at most. */
export function maxAttempts({ status }: Pick<AttemptedStep, 'status'>): number {
  return status === 'created' || status === 'reserved' || status === 'paid' ? orderAttempts : paymentAttempts;
}

/** Whether the saga stops asking after this try: an order that nobody has paid waits no longer than its stock. */
export function isLastAttempt(order: AttemptedStep): boolean {
  const isUnpaid = order.status === 'created' || order.status === 'reserved';
  return order.attempts >= maxAttempts(order) || (isUnpaid && order.isLate);
}

/** Seconds until the next try: 1, doubling up to a minute, and a quarter of an hour for those that go on. */
export function retryDelaySeconds(attempts: number): number {
  return Math.min(2 ** (attempts - 1), attempts <= orderAttempts ? 60 : 900);
}
