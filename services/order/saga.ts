import type { Order, OrderPayment, OrderStatus } from './order.ts';

/** What another service has made of a step. `unavailable`: not known, ask again; every step can be repeated. */
export type Unavailable = { readonly kind: 'unavailable'; readonly reason: string };

/** The stock of an order's items, all or none, by the order's id. */
export interface Stock {
  hold(
    order: Order,
  ): Promise<
    { readonly kind: 'held'; readonly expiresAt: string } | { readonly kind: 'short' } | Unavailable
  >;
  commit(orderId: string): Promise<{ readonly kind: 'committed' } | { readonly kind: 'gone' } | Unavailable>;
  release(orderId: string): Promise<{ readonly kind: 'released' } | Unavailable>;
}

/** The payment of an order, by the order's id. */
export interface Payments {
  open(order: Order): Promise<{ readonly kind: 'payment'; readonly payment: OrderPayment } | Unavailable>;
  /** Makes sure that no money comes, unless it has come already: the payment then says `succeeded`. */
  cancel(orderId: string): Promise<PaymentState | Unavailable>;
  /** Gives the money back. */
  refund(orderId: string): Promise<PaymentState | Unavailable>;
}
export interface PaymentState {
  readonly kind: 'payment-state';
  readonly status: OrderPayment['status'];
}

/** An order and what its saga knows besides. */
export interface SagaOrder extends Order {
  /** ISO 8601: until when its stock is held; null before. */
  readonly heldUntil: string | null;
}

/** How an order moves on: what changes, and when its next step is due. */
export interface Move {
  readonly kind: 'move';
  readonly status: OrderStatus;
  readonly payment?: OrderPayment;
  readonly heldUntil?: string;
  readonly reason?: string;
  /** ISO 8601; null when the order is at rest until somebody else moves it. */
  readonly nextStep: 'now' | { readonly at: string } | null;
}

export interface Neighbours {
  readonly stock: Stock;
  readonly payments: Payments;
}

/** Payment is called off this long before the stock comes free, so that nobody pays for what is gone. */
const spareMs = 60_000;

/**
 * Takes the step that is due for an order. It may be taken again, by this process or another: each call that it makes
 * is idempotent by the order's id.
 *
 * @returns the move, or why it has to be tried again.
 */
export async function takeStep(
  order: SagaOrder,
  { stock, payments }: Neighbours,
): Promise<Move | Unavailable> {
  switch (order.status) {
    case 'created':
      return await reserve(order, stock);
    case 'reserved':
      return order.payment === undefined
        ? await openPayment(order, payments)
        : await giveUp(order, order.payment, payments);
    case 'paid':
      return await confirm(order, stock, payments);
    case 'failed':
      return await undo(order, stock, payments);
    case 'rejected':
    case 'released':
      return await giveBack(order, payments);
    default:
      return { kind: 'move', status: order.status, nextStep: null };
  }
}

async function reserve(order: SagaOrder, stock: Stock): Promise<Move | Unavailable> {
  const outcome = await stock.hold(order);
  if (outcome.kind === 'unavailable') return outcome;
  return outcome.kind === 'short'
    ? { kind: 'move', status: 'rejected', reason: 'out_of_stock', nextStep: null }
    : { kind: 'move', status: 'reserved', heldUntil: outcome.expiresAt, nextStep: 'now' };
}

async function openPayment(order: SagaOrder, payments: Payments): Promise<Move | Unavailable> {
  const outcome = await payments.open(order);
  if (outcome.kind === 'unavailable') return outcome;
  const { payment } = outcome;
  // The news of it has been quicker than this step, or than its first attempt.
  if (payment.status === 'succeeded') return { kind: 'move', status: 'paid', payment, nextStep: 'now' };
  if (payment.status !== 'pending') {
    return { kind: 'move', status: 'failed', payment, reason: `payment_${payment.status}`, nextStep: 'now' };
  }
  // Without a word of the payment until then, it is called off.
  const at = new Date(Date.parse(order.heldUntil ?? order.createdAt) - spareMs).toISOString();
  return { kind: 'move', status: 'reserved', payment, nextStep: { at } };
}

async function giveUp(
  order: SagaOrder,
  payment: OrderPayment,
  payments: Payments,
): Promise<Move | Unavailable> {
  const outcome = await payments.cancel(order.id);
  if (outcome.kind === 'unavailable') return outcome;
  const known = { ...payment, status: outcome.status };
  return outcome.status === 'succeeded'
    ? { kind: 'move', status: 'paid', payment: known, nextStep: 'now' }
    : { kind: 'move', status: 'failed', payment: known, reason: 'not_paid_in_time', nextStep: 'now' };
}

async function confirm(order: SagaOrder, stock: Stock, payments: Payments): Promise<Move | Unavailable> {
  const outcome = await stock.commit(order.id);
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.kind === 'committed') return { kind: 'move', status: 'confirmed', nextStep: null };
  // Paid so late that the stock was free again, and sold to others.
  const refund = await payments.refund(order.id);
  if (refund.kind === 'unavailable') return refund;
  return {
    kind: 'move',
    status: 'released',
    reason: 'out_of_stock',
    nextStep: null,
    ...(order.payment === undefined ? {} : { payment: { ...order.payment, status: refund.status } }),
  };
}

async function undo(order: SagaOrder, stock: Stock, payments: Payments): Promise<Move | Unavailable> {
  const canceled = await payments.cancel(order.id);
  if (canceled.kind === 'unavailable') return canceled;
  const payment =
    order.payment === undefined ? {} : { payment: { ...order.payment, status: canceled.status } };
  // A second attempt has paid after the first had failed, and the stock is still there.
  if (canceled.status === 'succeeded') return { kind: 'move', status: 'paid', ...payment, nextStep: 'now' };
  const released = await stock.release(order.id);
  if (released.kind === 'unavailable') return released;
  return { kind: 'move', status: 'released', ...payment, nextStep: null };
}

/**
 * An order that is over keeps no money. Asks, and does not rely on what it knows: its process may have ended between
 * opening the payment and noting it.
 */
async function giveBack(order: SagaOrder, payments: Payments): Promise<Move | Unavailable> {
  const canceled = await payments.cancel(order.id);
  if (canceled.kind === 'unavailable') return canceled;
  const last = canceled.status === 'succeeded' ? await payments.refund(order.id) : canceled;
  if (last.kind === 'unavailable') return last;
  const payment = order.payment === undefined ? {} : { payment: { ...order.payment, status: last.status } };
  return { kind: 'move', status: order.status, ...payment, nextStep: null };
}

/** How an order takes the news of its payment; null when it changes nothing. */
export function onPayment(
  order: SagaOrder,
  news: { readonly outcome: 'succeeded' } | { readonly outcome: 'failed'; readonly reason: string },
): Move | null {
  const { status, payment } = order;
  if (payment?.status === 'refunded') return null;
  const known = payment === undefined ? {} : { payment: { ...payment, status: news.outcome } };
  switch (status) {
    case 'reserved':
      return news.outcome === 'succeeded'
        ? { kind: 'move', status: 'paid', ...known, nextStep: 'now' }
        : { kind: 'move', status: 'failed', ...known, reason: news.reason, nextStep: 'now' };
    case 'failed':
      return news.outcome === 'succeeded'
        ? { kind: 'move', status: 'paid', ...known, nextStep: 'now' }
        : null;
    case 'rejected':
    case 'released':
      return news.outcome === 'succeeded' ? { kind: 'move', status, ...known, nextStep: 'now' } : null;
    default:
      return null;
  }
}
