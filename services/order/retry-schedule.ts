import type { OrderStatus } from './order.ts';

/** With pauses that double up to a minute these take about 20 minutes, longer than stock is held. */
const triesOfOrder = 25;
/** With a quarter of an hour between the later ones these take about 19 hours: money is not given up easily. */
const triesOfMoney = 100;

interface Tried {
  readonly status: OrderStatus;
  readonly payment?: unknown;
  /** How often the step has been tried, this time included. */
  readonly attempts: number;
  /** Its stock is not held any more. */
  readonly isLate: boolean;
}

/** How often the step of an order in this state is tried at most. */
export function mostTries({ status }: Pick<Tried, 'status'>): number {
  return status === 'created' || status === 'reserved' || status === 'paid' ? triesOfOrder : triesOfMoney;
}

/** Whether the saga stops asking after this try: an order that nobody has paid waits no longer than its stock. */
export function isLastTry(order: Tried): boolean {
  const isUnpaid = order.status === 'created' || order.status === 'reserved';
  return order.attempts >= mostTries(order) || (isUnpaid && order.isLate);
}

/** Seconds until the next try: 1, doubling up to a minute, and a quarter of an hour for those that go on. */
export function pauseSeconds(attempts: number): number {
  return Math.min(2 ** (attempts - 1), attempts <= triesOfOrder ? 60 : 900);
}
