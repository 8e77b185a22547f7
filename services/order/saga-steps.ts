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

/** What the sagas need. */
export interface SagaPorts extends Downstreams {
  readonly database: Database;
  readonly recordEvent: RecordEvent;
  readonly log: Log;
  readonly reportManualIntervention: ManualInterventions;
}

/** The most orders that one call of `takeDueSteps` claims. */
const maxOrdersAtOnce = 10;

/**
 * Takes the steps that are due now, for several orders in parallel. Any number of processes may call it at the same time.
 * If a process crashes in the middle, other processes repeat the steps of its orders.
 *
 * @returns how many orders it has claimed.
 */
export async function takeDueSteps(ports: SagaPorts): Promise<number> {
  await reschedule(ports.database);
  const orders = await claimDue(ports.database, maxOrdersAtOnce);
  await Promise.all(orders.map((order) => tryStep(order, ports)));
  return orders.length;
}

/** Takes the step of one order. If it fails, the order is tried again after its lease, and other orders continue. */
async function tryStep(order: ClaimedOrder, ports: SagaPorts): Promise<void> {
  const { id: orderId, status } = order;
  try {
    await step(order, ports);
  } catch (error) {
    ports.log('error', 'step of an order failed', { orderId, status, error: String(error) });
    if (order.attempts <= maxAttempts(order)) return;
    ports.reportManualIntervention('step of an order failed, no further attempts', { orderId, status });
    await postpone(ports.database, order, null);
  }
}

async function step(order: ClaimedOrder, ports: SagaPorts): Promise<void> {
  const outcome = await takeStep(order, ports, isLastAttempt(order));
  const orderId = order.id;
  if (outcome.kind === 'unavailable') {
    ports.log('warn', 'step of an order postponed', {
      orderId,
      status: order.status,
      reason: outcome.reason,
    });
    await postpone(ports.database, order, retryDelaySeconds(order.attempts));
    return;
  }
  const moved = await ports.database.transaction((transaction) => apply(transaction, order, outcome, ports));
  if (!moved) return;
  const { status: to, reason, manualIntervention } = outcome;
  ports.log('info', 'order status changed', {
    orderId,
    from: order.status,
    to,
    ...(reason === undefined ? {} : { reason }),
  });
  if (manualIntervention !== undefined)
    ports.reportManualIntervention('order needs manual resolution', { orderId, reason: manualIntervention });
}

/** Applies `orders.payment_succeeded` and `orders.payment_failed` to their order. */
export async function handlePaymentEvent(
  transaction: Queries,
  event: ShopEvent,
  ports: SagaPorts,
): Promise<Handled> {
  if (event.type !== 'orders.payment_succeeded' && event.type !== 'orders.payment_failed') {
    return { kind: 'unfit', reason: `the order service does not process ${event.type}` };
  }
  const order = await lockOrder(transaction, event.data.orderId);
  if (order === null) return { kind: 'unfit', reason: `order ${event.data.orderId} does not exist` };
  const move = onPayment(
    order,
    event.type === 'orders.payment_succeeded'
      ? { outcome: 'succeeded' }
      : { outcome: 'failed', reason: (event.data as { readonly reason: string }).reason },
  );
  if (move !== null) await apply(transaction, order, move, ports);
  return { kind: 'done' };
}

/** Stores a transition, and records its event in the same transaction. @returns false if the order has changed. */
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

/** Stores a new order, which starts its saga. */
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
