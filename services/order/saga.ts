import type { Order, OrderPayment, OrderStatus } from './order.ts';

/** The outcome of a call is not known. Every call can be repeated. */
export type Unavailable = { readonly kind: 'unavailable'; readonly reason: string };
/** The other service refuses the call for good (a 4xx). A repetition would be refused again. */
export type Refused = { readonly kind: 'refused'; readonly reason: string };
type Unanswered = Refused | Unavailable;

/** The stock of an order's items: all items or none, by the id of the order. */
export interface Stock {
  hold(
    order: Order,
  ): Promise<{ readonly kind: 'held'; readonly expiresAt: string } | { readonly kind: 'short' } | Unanswered>;
  commit(orderId: string): Promise<{ readonly kind: 'committed' } | { readonly kind: 'gone' } | Unanswered>;
  /** `sold`: the stock was committed before, so nothing is released. */
  release(orderId: string): Promise<{ readonly kind: 'released' } | { readonly kind: 'sold' } | Unanswered>;
}

/** The payment of an order, by the id of the order. */
export interface Payments {
  open(order: Order): Promise<{ readonly kind: 'payment'; readonly payment: OrderPayment } | Unanswered>;
  /** Cancels the payment. If the payment has already succeeded, its status is `succeeded`. */
  cancel(orderId: string): Promise<PaymentState | Unanswered>;
  /** Refunds the payment. */
  refund(orderId: string): Promise<PaymentState | Unanswered>;
}
/** The status of a payment after a call. */
export interface PaymentState {
  readonly kind: 'payment-state';
  readonly status: OrderPayment['status'];
}

/** An order with the state of its saga. */
export interface SagaOrder extends Order {
  /** ISO 8601: when the hold on its stock expires; null before the stock is held. */
  readonly heldUntil: string | null;
}

/** A transition of an order: what changes, and when its next step is due. */
export interface OrderTransition {
  readonly kind: 'move';
  readonly status: OrderStatus;
  readonly payment?: OrderPayment;
  readonly heldUntil?: string;
  readonly reason?: string;
  /** `at` in ISO 8601. Null if no step is planned: the order is final, or waits for an event. */
  readonly nextStep: 'now' | { readonly at: string } | null;
  /** What the saga could not resolve, for an operator. */
  readonly manualIntervention?: string;
}

/** The services that a saga calls. */
export interface Downstreams {
  readonly stock: Stock;
  readonly payments: Payments;
}

/** A payment is canceled this long before the hold expires, so that no customer pays for stock that is gone. */
const cancelBeforeExpiryMs = 60_000;

/** Whether the call can be tried again: its outcome is unknown, and this is not the last attempt. */
function isRetryable(outcome: { readonly kind: string }, isLast: boolean): outcome is Unavailable {
  return outcome.kind === 'unavailable' && !isLast;
}

/**
 * Takes the step that is due for an order. The step may be repeated by this process or another: each call is idempotent
 * by the id of the order. A refused call is not repeated: the order fails with a reason.
 *
 * @param isLast whether this is the last attempt. An unknown outcome then counts as a refusal.
 * @returns the transition, or why the step must be tried again. The last attempt always returns a transition.
 */
export async function takeStep(
  order: SagaOrder,
  { stock, payments }: Downstreams,
  isLast: boolean,
): Promise<OrderTransition | Unavailable> {
  switch (order.status) {
    case 'created':
      return await reserve(order, stock, isLast);
    case 'reserved':
      return order.payment === undefined
        ? await openPayment(order, payments, isLast)
        : await abandonPayment(order, order.payment, payments, isLast);
    case 'paid':
      return await confirm(order, stock, isLast);
    case 'failed':
      return await undo(order, { stock, payments }, isLast);
    case 'rejected':
    case 'released':
      return await refundOrder(order, payments, isLast);
    default:
      return { kind: 'move', status: order.status, nextStep: null };
  }
}

/** The next step cancels the payment and releases the stock, if there are any. */
function fail(reason: string): OrderTransition {
  return { kind: 'move', status: 'failed', reason, nextStep: 'now' };
}

/** Whether the inventory service did not sell the stock. The saga does not try it again. */
function isStockLost({ reason }: Order): boolean {
  return reason === 'stock_refused' || reason === 'stock_unavailable';
}

async function reserve(
  order: SagaOrder,
  stock: Stock,
  isLast: boolean,
): Promise<OrderTransition | Unavailable> {
  const outcome = await stock.hold(order);
  if (isRetryable(outcome, isLast)) return outcome;
  switch (outcome.kind) {
    case 'held':
      return { kind: 'move', status: 'reserved', heldUntil: outcome.expiresAt, nextStep: 'now' };
    case 'short':
      return { kind: 'move', status: 'rejected', reason: 'out_of_stock', nextStep: null };
    default:
      return fail(`stock_${outcome.kind}`);
  }
}

async function openPayment(
  order: SagaOrder,
  payments: Payments,
  isLast: boolean,
): Promise<OrderTransition | Unavailable> {
  const outcome = await payments.open(order);
  if (isRetryable(outcome, isLast)) return outcome;
  if (outcome.kind !== 'payment') return fail(`payment_${outcome.kind}`);
  const { payment } = outcome;
  // The payment event arrived before this step finished, or before it was repeated.
  if (payment.status === 'succeeded') return { kind: 'move', status: 'paid', payment, nextStep: 'now' };
  if (payment.status !== 'pending') return { ...fail(`payment_${payment.status}`), payment };
  // If no payment event arrives until then, the next step cancels the payment.
  const at = new Date(Date.parse(order.heldUntil ?? order.createdAt) - cancelBeforeExpiryMs).toISOString();
  return { kind: 'move', status: 'reserved', payment, nextStep: { at } };
}

async function abandonPayment(
  order: SagaOrder,
  payment: OrderPayment,
  payments: Payments,
  isLast: boolean,
): Promise<OrderTransition | Unavailable> {
  const outcome = await payments.cancel(order.id);
  if (isRetryable(outcome, isLast)) return outcome;
  if (outcome.kind !== 'payment-state') return fail('not_paid_in_time');
  const known = { ...payment, status: outcome.status };
  return outcome.status === 'succeeded'
    ? { kind: 'move', status: 'paid', payment: known, nextStep: 'now' }
    : { ...fail('not_paid_in_time'), payment: known };
}

async function confirm(
  order: SagaOrder,
  stock: Stock,
  isLast: boolean,
): Promise<OrderTransition | Unavailable> {
  const outcome = await stock.commit(order.id);
  if (isRetryable(outcome, isLast)) return outcome;
  switch (outcome.kind) {
    case 'committed':
      return { kind: 'move', status: 'confirmed', nextStep: null };
    case 'gone':
      // The payment arrived after the hold had expired and the stock was sold to others. The next step refunds it.
      return { kind: 'move', status: 'released', reason: 'out_of_stock', nextStep: 'now' };
    default:
      return fail(`stock_${outcome.kind}`);
  }
}

async function undo(
  order: SagaOrder,
  { stock, payments }: Downstreams,
  isLast: boolean,
): Promise<OrderTransition | Unavailable> {
  const canceled = await payments.cancel(order.id);
  if (isRetryable(canceled, isLast)) return canceled;
  const status = canceled.kind === 'payment-state' ? canceled.status : null;
  const isPaid = status === 'succeeded';
  const payment = status === null ? {} : paymentAs(order, status);
  // A second payment attempt succeeded after the first had failed, and the stock is still held.
  if (isPaid && !isStockLost(order)) return { kind: 'move', status: 'paid', ...payment, nextStep: 'now' };
  const released = await stock.release(order.id);
  if (isRetryable(released, isLast)) return released;
  // The commit had taken effect, and only its response was lost.
  if (released.kind === 'sold' && isPaid) {
    return { kind: 'move', status: 'confirmed', ...payment, nextStep: null };
  }
  const unresolved = [
    canceled.kind === 'payment-state' ? [] : [`the payment may still be open: ${canceled.reason}`],
    // A hold that was not released expires without a call.
    released.kind === 'sold' ? ['the stock is sold and not paid'] : [],
    isUnanswered(released) && isStockLost(order)
      ? [`the stock may be sold and not paid: ${released.reason}`]
      : [],
  ].flat();
  return {
    kind: 'move',
    status: 'released',
    ...payment,
    nextStep: isPaid ? 'now' : null,
    ...(unresolved.length === 0 ? {} : { manualIntervention: unresolved.join('; ') }),
  };
}

function isUnanswered(outcome: { readonly kind: string }): outcome is Unanswered {
  return outcome.kind === 'refused' || outcome.kind === 'unavailable';
}

/**
 * Cancels or refunds the payment of an order that has ended. It always calls the payment service, because a process may
 * have crashed after it opened the payment and before it stored it.
 */
async function refundOrder(
  order: SagaOrder,
  payments: Payments,
  isLast: boolean,
): Promise<OrderTransition | Unavailable> {
  const canceled = await payments.cancel(order.id);
  if (isRetryable(canceled, isLast)) return canceled;
  const isPaid = canceled.kind === 'payment-state' && canceled.status === 'succeeded';
  const last = isPaid ? await payments.refund(order.id) : canceled;
  if (isRetryable(last, isLast)) return last;
  const { status } = order;
  if (last.kind === 'payment-state') {
    return { kind: 'move', status, ...paymentAs(order, last.status), nextStep: null };
  }
  const known = isPaid ? paymentAs(order, 'succeeded') : {};
  const manualIntervention = `the order has ended and its payment may not be refunded: ${last.reason}`;
  return { kind: 'move', status, ...known, nextStep: null, manualIntervention };
}

function paymentAs(order: Order, status: OrderPayment['status']): { readonly payment?: OrderPayment } {
  return order.payment === undefined ? {} : { payment: { ...order.payment, status } };
}

/** The transition of an order after an event of its payment; null if the event changes nothing. */
export function onPayment(
  order: SagaOrder,
  event: { readonly outcome: 'succeeded' } | { readonly outcome: 'failed'; readonly reason: string },
): OrderTransition | null {
  const { status, payment } = order;
  if (payment?.status === 'refunded') return null;
  const known = payment === undefined ? {} : { payment: { ...payment, status: event.outcome } };
  switch (status) {
    case 'reserved':
      return event.outcome === 'succeeded'
        ? { kind: 'move', status: 'paid', ...known, nextStep: 'now' }
        : { kind: 'move', status: 'failed', ...known, reason: event.reason, nextStep: 'now' };
    case 'failed':
      return event.outcome === 'succeeded'
        ? { kind: 'move', status: isStockLost(order) ? status : 'paid', ...known, nextStep: 'now' }
        : null;
    case 'rejected':
    case 'released':
      return event.outcome === 'succeeded' ? { kind: 'move', status, ...known, nextStep: 'now' } : null;
    default:
      return null;
  }
}
