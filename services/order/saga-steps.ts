import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import type { Database, Queries } from '../platform/database/database.ts';
import type { Log } from '../platform/log.ts';
import type { ManualInterventions } from '../platform/manual-intervention.ts';
import type { Handled } from '../platform/outbox/consumer.ts';
import type { RecordEvent } from '../platform/outbox/outbox.ts';
import type { Order } from './order.ts';
import {
  type ClaimedOrder,
  claimDue,
  insertOrder,
  lockOrder,
  moveOrder,
  postpone,
  reschedule,
} from './order-store.ts';
import { isLastAttempt, maxAttempts, retryDelaySeconds } from './retry-schedule.ts';
import { type Downstreams, type OrderTransition, onPayment, takeStep } from './saga.ts';

export interface SagaPorts extends Downstreams {
  readonly database: Database;
  readonly recordEvent: RecordEvent;
  readonly log: Log;
  readonly reportManualIntervention: ManualInterventions;
}

/** Orders that one look takes on. */
const atOnce = 10;

/**
 * Takes the steps that are due now, those of different orders side by side. Any number of processes may do so at once;
 * one that ends in the middle leaves its orders to the others, which take the same steps again.
 *
 * @returns how many orders it has taken on.
 */
export async function takeDueSteps(ports: SagaPorts): Promise<number> {
  await reschedule(ports.database);
  const orders = await claimDue(ports.database, atOnce);
  await Promise.all(orders.map((order) => takeOn(order, ports)));
  return orders.length;
}

/** One order's failure is its own: it comes again when its lease is over, and the others go on. */
async function takeOn(order: ClaimedOrder, ports: SagaPorts): Promise<void> {
  const { id: orderId, status } = order;
  try {
    await step(order, ports);
  } catch (error) {
    ports.log('error', 'step of an order failed', { orderId, status, error: String(error) });
    if (order.attempts <= maxAttempts(order)) return;
    ports.reportManualIntervention('step of an order fails, not tried again', { orderId, status });
    await postpone(ports.database, order, null);
  }
}

async function step(order: ClaimedOrder, ports: SagaPorts): Promise<void> {
  const outcome = await takeStep(order, ports, isLastAttempt(order));
  const orderId = order.id;
  if (outcome.kind === 'unavailable') {
    ports.log('warn', 'order waits', { orderId, status: order.status, reason: outcome.reason });
    await postpone(ports.database, order, retryDelaySeconds(order.attempts));
    return;
  }
  const moved = await ports.database.transaction((transaction) => apply(transaction, order, outcome, ports));
  if (!moved) return;
  const { status: to, reason, manualIntervention: reportManualIntervention } = outcome;
  ports.log('info', 'order moved', {
    orderId,
    from: order.status,
    to,
    ...(reason === undefined ? {} : { reason }),
  });
  if (reportManualIntervention !== undefined)
    ports.reportManualIntervention('order left to a person', { orderId, reason: reportManualIntervention });
}

/** What `orders.payment_succeeded` and `orders.payment_failed` do to their order. */
export async function handlePaymentEvent(
  transaction: Queries,
  event: ShopEvent,
  ports: SagaPorts,
): Promise<Handled> {
  if (event.type !== 'orders.payment_succeeded' && event.type !== 'orders.payment_failed') {
    return { kind: 'unfit', reason: `${event.type} is nothing to orders` };
  }
  const order = await lockOrder(transaction, event.data.orderId);
  if (order === null) return { kind: 'unfit', reason: `there is no order ${event.data.orderId}` };
  const move = onPayment(
    order,
    event.type === 'orders.payment_succeeded'
      ? { outcome: 'succeeded' }
      : { outcome: 'failed', reason: (event.data as { readonly reason: string }).reason },
  );
  if (move !== null) await apply(transaction, order, move, ports);
  return { kind: 'done' };
}

/** Moves the order and says so, both or neither. */
async function apply(
  transaction: Queries,
  order: ClaimedOrder,
  move: OrderTransition,
  { recordEvent }: SagaPorts,
): Promise<boolean> {
  if (!(await moveOrder(transaction, order, move))) return false;
  if (move.status === order.status) return true;
  const { id: orderId, userId, total, createdAt } = order;
  if (move.status === 'confirmed') {
    await recordEvent(transaction, 'orders.confirmed', orderId, { orderId, userId, total, createdAt });
  } else if (move.status === 'rejected' || move.status === 'released') {
    const reason = move.reason ?? order.reason ?? 'unknown';
    await recordEvent(transaction, 'orders.failed', orderId, { orderId, reason, createdAt });
  }
  return true;
}

/** Keeps a new order and lets its saga begin. */
export async function placeOrder(
  transaction: Queries,
  order: Order,
  recordEvent: RecordEvent,
): Promise<void> {
  await insertOrder(transaction, order, true);
  await recordEvent(transaction, 'orders.created', order.id, {
    orderId: order.id,
    userId: order.userId,
    items: order.items.map(({ productId, quantity }) => ({ productId, quantity })),
    total: order.total,
  });
}
