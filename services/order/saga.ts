import type { Order, OrderPayment, OrderStatus } from './order.ts';

/** What another service has made of a step. `unavailable`: not known, ask again; every step can be repeated. */
export type Unavailable = { readonly kind: 'unavailable'; readonly reason: string };
/** The other service refuses for good (a 4xx): asking again changes nothing. */
export type Refused = { readonly kind: 'refused'; readonly reason: string };
type Unanswered = Refused | Unavailable;

/** The stock of an order's items, all or none, by the order's id. */
export interface Stock {
  hold(
    order: Order,
  ): Promise<{ readonly kind: 'held'; readonly expiresAt: string } | { readonly kind: 'short' } | Unanswered>;
  commit(orderId: string): Promise<{ readonly kind: 'committed' } | { readonly kind: 'gone' } | Unanswered>;
  /** `sold`: a commit has taken effect, so nothing is released. */
  release(orderId: string): Promise<{ readonly kind: 'released' } | { readonly kind: 'sold' } | Unanswered>;
}

/** The payment of an order, by the order's id. */
export interface Payments {
  open(order: Order): Promise<{ readonly kind: 'payment'; readonly payment: OrderPayment } | Unanswered>;
  /** Makes sure that no money comes, unless it has come already: the payment then says `succeeded`. */
  cancel(orderId: string): Promise<PaymentState | Unanswered>;
  /** Gives the money back. */
  refund(orderId: string): Promise<PaymentState | Unanswered>;
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
export interface OrderTransition {
  readonly kind: 'move';
  readonly status: OrderStatus;
  readonly payment?: OrderPayment;
  readonly heldUntil?: string;
  readonly reason?: string;
  /** ISO 8601; null when the order is at rest until somebody else moves it. */
  readonly nextStep: 'now' | { readonly at: string } | null;
  /** What the saga could not settle and a person has to. */
  readonly manualIntervention?: string;
}

export interface Downstreams {
  readonly stock: Stock;
  readonly payments: Payments;
}

/** Payment is called off this long before the stock comes free, so that nobody pays for what is gone. */
const spareMs = 60_000;

/** The step is not over: its answer is unknown, and there is time to ask again. */
function isRetryable(outcome: { readonly kind: string }, isLast: boolean): outcome is Unavailable {
  return outcome.kind === 'unavailable' && !isLast;
}

/**
 * Takes the step that is due for an order. It may be taken again, by this process or another: each call that it makes
 * is idempotent by the order's id. What another service refuses is not asked again: the order fails and says why.
 *
 * @param isLast whether the step has no further try: an answer that is not known then counts as a refusal.
 * @returns the move, or why it has to be tried again; never the latter when it is the last try.
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

/** Its next step calls off the payment and releases the stock, whatever there is of them. */
function fail(reason: string): OrderTransition {
  return { kind: 'move', status: 'failed', reason, nextStep: 'now' };
}

/** The stock service did not sell, and is not asked to again. */
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
  // The news of it has been quicker than this step, or than its first attempt.
  if (payment.status === 'succeeded') return { kind: 'move', status: 'paid', payment, nextStep: 'now' };
  if (payment.status !== 'pending') return { ...fail(`payment_${payment.status}`), payment };
  // Without a word of the payment until then, it is called off.
  const at = new Date(Date.parse(order.heldUntil ?? order.createdAt) - spareMs).toISOString();
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
      // Paid so late that the stock was free again, and sold to others. The next step gives the money back.
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
  // A second attempt has paid after the first had failed, and the stock is still there.
  if (isPaid && !isStockLost(order)) return { kind: 'move', status: 'paid', ...payment, nextStep: 'now' };
  const released = await stock.release(order.id);
  if (isRetryable(released, isLast)) return released;
  // The commit had taken effect, and only its answer was lost.
  if (released.kind === 'sold' && isPaid) {
    return { kind: 'move', status: 'confirmed', ...payment, nextStep: null };
  }
  const undecided = [
    canceled.kind === 'payment-state' ? [] : [`the payment may still be open: ${canceled.reason}`],
    // What is only held comes free by itself.
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
    ...(undecided.length === 0 ? {} : { manualIntervention: undecided.join('; ') }),
  };
}

function isUnanswered(outcome: { readonly kind: string }): outcome is Unanswered {
  return outcome.kind === 'refused' || outcome.kind === 'unavailable';
}

/**
 * An order that is over keeps no money. Asks, and does not rely on what it knows: its process may have ended between
 * opening the payment and noting it.
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
  const reportManualIntervention = `the order is over and its money may be kept: ${last.reason}`;
  return { kind: 'move', status, ...known, nextStep: null, manualIntervention: reportManualIntervention };
}

function paymentAs(order: Order, status: OrderPayment['status']): { readonly payment?: OrderPayment } {
  return order.payment === undefined ? {} : { payment: { ...order.payment, status } };
}

/** How an order takes the news of its payment; null when it changes nothing. */
export function onPayment(
  order: SagaOrder,
  news: { readonly outcome: 'succeeded' } | { readonly outcome: 'failed'; readonly reason: string },
): OrderTransition | null {
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
        ? { kind: 'move', status: isStockLost(order) ? status : 'paid', ...known, nextStep: 'now' }
        : null;
    case 'rejected':
    case 'released':
      return news.outcome === 'succeeded' ? { kind: 'move', status, ...known, nextStep: 'now' } : null;
    default:
      return null;
  }
}
