import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import type { Database, Queries } from '../platform/database/database.ts';
import type { ManualInterventions } from '../platform/manual-intervention.ts';
import type { Money } from '../platform/money.ts';
import type { Handled } from '../platform/outbox/consumer.ts';
import type { RecordEvent } from '../platform/outbox/outbox.ts';
import { applyProviderEvent, type ProviderEvent } from './payment.ts';
import {
  insertPayment,
  lockPayment,
  paymentOfOrder,
  type StoredPayment,
  setIntent,
  setStatus,
} from './payment-store.ts';
import {
  intentFault,
  type PaymentWebhookData,
  readPaymentWebhook,
  refundFault,
  type WebhookCharge,
  webhookFault,
} from './payment-webhook-data.ts';
import type { PaymentIntent, PaymentProvider, ProviderOutcome } from './provider.ts';

export interface PaymentPorts {
  readonly database: Database;
  readonly provider: PaymentProvider;
  readonly recordEvent: RecordEvent;
  readonly reportManualIntervention: ManualInterventions;
  readonly newId: () => string;
  readonly nowMs: () => number;
}

export type PaymentOutcome =
  | { readonly kind: 'payment'; readonly payment: StoredPayment }
  | { readonly kind: 'none' }
  /** Its state or its amount is another than what was asked for. */
  | { readonly kind: 'conflict'; readonly reason: string }
  | Exclude<ProviderOutcome<never>, { readonly kind: 'done' }>;

/** Opens the payment of an order, or gives the one that is open. */
export async function openPayment(
  ports: PaymentPorts,
  wanted: { readonly orderId: string; readonly userId: string; readonly amount: Money },
): Promise<PaymentOutcome> {
  const { database, newId, nowMs } = ports;
  await insertPayment(database, {
    id: `payment-${newId()}`,
    ...wanted,
    status: 'pending',
    method: 'card',
    createdAt: new Date(nowMs()).toISOString(),
  });
  const payment = await paymentOfOrder(database, wanted.orderId);
  if (payment === null) return { kind: 'none' };
  const { amount } = payment;
  if (amount.amount !== wanted.amount.amount || amount.currency !== wanted.amount.currency) {
    return { kind: 'conflict', reason: `The payment of ${wanted.orderId} is open over another amount.` };
  }
  return await withIntent(payment, ports);
}

/**
 * A payment whose intent is known. The provider answers a repeated request with the same intent. Over a payment that is
 * closed none is opened.
 */
async function withIntent(payment: StoredPayment, ports: PaymentPorts): Promise<PaymentOutcome> {
  if (payment.intent !== null) return { kind: 'payment', payment };
  const { orderId, amount } = payment;
  if (payment.status !== 'pending') {
    return {
      kind: 'conflict',
      reason: `The payment of ${orderId} is ${payment.status} and was never opened.`,
    };
  }
  const created = await ports.provider.create(orderId, amount, `create-${orderId}`);
  if (created.kind !== 'done') return created;
  const fault = intentFault(payment, created.value);
  if (fault !== null) return { kind: 'unavailable', reason: `the provider opened another payment: ${fault}` };
  const intent = { id: created.value.id, clientSecret: created.value.client_secret };
  await setIntent(ports.database, payment.id, intent);
  return { kind: 'payment', payment: { ...payment, intent } };
}

/** Sees to it that no money comes for an order, unless it has come: the payment then says so. */
export async function cancelPayment(ports: PaymentPorts, orderId: string): Promise<PaymentOutcome> {
  const found = await paymentOfOrder(ports.database, orderId);
  if (found === null) return { kind: 'none' };
  if (found.status !== 'pending' && found.status !== 'failed') return { kind: 'payment', payment: found };
  const opened = await withIntent(found, ports);
  // The provider refuses to open it, and so no money can come.
  if (opened.kind === 'refused') return await buildDecision(ports, orderId, { kind: 'canceled' });
  if (opened.kind !== 'payment') return opened;
  const intentId = opened.payment.intent?.id ?? '';
  // Each attempt has a key of its own: under the same one Stripe would repeat a refusal whose cause has passed.
  const canceled = await ports.provider.cancel(intentId, ports.newId());
  if (canceled.kind === 'unavailable') return canceled;
  // It refuses what is settled already: ask how.
  const last = canceled.kind === 'done' ? canceled : await ports.provider.retrieve(intentId);
  if (last.kind !== 'done') return last;
  const fault = intentFault(opened.payment, last.value);
  if (fault !== null) {
    ports.reportManualIntervention('the provider has other money than the payment', {
      orderId,
      intentId,
      reason: fault,
    });
    return {
      kind: 'conflict',
      reason: `The payment of ${orderId} does not agree with the provider: ${fault}.`,
    };
  }
  const news = providerUpdateOf(last.value);
  if (news === null) return { kind: 'unavailable', reason: `the intent is ${last.value.status}` };
  return await buildDecision(ports, orderId, news);
}

/** Notes what became of a payment. The order has asked to cancel it, and hears of nothing but money that came. */
async function buildDecision(
  ports: PaymentPorts,
  orderId: string,
  news: ProviderEvent,
): Promise<PaymentOutcome> {
  return await ports.database.transaction(async (transaction) => {
    const found = await lockPayment(transaction, { orderId });
    if (found === null) return { kind: 'none' };
    const payment = await settle(
      transaction,
      found,
      news,
      news.kind === 'canceled' ? null : ports.recordEvent,
    );
    return { kind: 'payment', payment };
  });
}

/** One of Stripe's error codes (https://docs.stripe.com/error-codes). */
const alreadyRefunded = 'charge_already_refunded';

/** Gives back what has been paid for an order. */
export async function refundPayment(ports: PaymentPorts, orderId: string): Promise<PaymentOutcome> {
  const found = await paymentOfOrder(ports.database, orderId);
  if (found === null) return { kind: 'none' };
  // Nothing is kept any more, or never was.
  if (found.status === 'refunded' || found.status === 'canceled') return { kind: 'payment', payment: found };
  if (found.status !== 'succeeded' || found.intent === null) {
    return {
      kind: 'conflict',
      reason: `The payment of ${orderId} is ${found.status}: nothing to give back.`,
    };
  }
  const refunded = await ports.provider.refund(found.intent.id, `refund-${orderId}`);
  if (refunded.kind === 'done') {
    const { amount, currency, status } = refunded.value;
    const isWhole = amount === found.amount.amount && currency === found.amount.currency.toLowerCase();
    if (!isWhole || status === 'failed' || status === 'canceled') {
      const reason = `The provider refunds ${amount} ${currency} of ${orderId}, and says ${status}.`;
      ports.reportManualIntervention('a refund is not of the whole payment', { orderId, reason });
      return { kind: 'conflict', reason };
    }
  } else if (refunded.kind !== 'refused' || refunded.code !== alreadyRefunded) {
    return refunded;
  }
  await setStatus(ports.database, found.id, 'refunded');
  return { kind: 'payment', payment: { ...found, status: 'refunded' } };
}

/**
 * Lets the provider charge what the payer has chosen. The outcome comes by webhook.
 *
 * @param key its repetition charges nothing anew.
 */
export async function confirmPayment(
  ports: PaymentPorts,
  payment: StoredPayment,
  paymentMethod: string,
  key: string,
): Promise<ProviderOutcome<PaymentIntent> | { readonly kind: 'conflict'; readonly reason: string }> {
  if (payment.intent === null || payment.status === 'canceled' || payment.status === 'refunded') {
    return { kind: 'conflict', reason: `The payment is ${payment.status}.` };
  }
  return await ports.provider.confirm(payment.intent.id, paymentMethod, key);
}

export interface WebhookPorts {
  readonly recordEvent: RecordEvent;
  /** Whether this environment takes real money. */
  readonly livemode: boolean;
}

/**
 * What a webhook of the provider does: settles its payment, and says so to the order. One that comes before its payment
 * is `early`; one whose money is not that of its payment is `unfit`, for a person to look at.
 */
export async function handleWebhook(
  transaction: Queries,
  event: ShopEvent,
  ports: WebhookPorts,
): Promise<Handled> {
  if (event.type !== 'payments.webhook') return { kind: 'unfit', reason: `${event.type} is no webhook` };
  const { provider, eventType, body } = event.data;
  // Other senders have no meaning here.
  if (provider !== 'stripe') return { kind: 'done' };
  const money = readPaymentWebhook(eventType, body);
  switch (money.kind) {
    case 'other':
      return { kind: 'done' };
    case 'faulty':
      return { kind: 'unfit', reason: money.reason };
    case 'refund':
      return await handleRefund(transaction, money.charge, ports.livemode);
    default:
      return await handleIntent(transaction, money, ports);
  }
}

async function handleIntent(
  transaction: Queries,
  money: Extract<PaymentWebhookData, { readonly kind: 'intent' }>,
  { recordEvent, livemode }: WebhookPorts,
): Promise<Handled> {
  const { id: intentId, metadata } = money.intent;
  const orderId = metadata?.order_id;
  const payment =
    (await lockPayment(transaction, { intentId })) ??
    (orderId === undefined ? null : await lockPayment(transaction, { orderId }));
  // The provider tells of an intent while its answer is still on the way to us.
  if (payment === null || payment.intent === null) {
    return { kind: 'early', reason: `there is no payment of intent ${intentId} or order ${orderId ?? '-'}` };
  }
  const fault = webhookFault(payment, money, livemode);
  if (fault !== null) return { kind: 'unfit', reason: `not the money of ${payment.id}: ${fault}` };
  await settle(transaction, payment, money.news, recordEvent);
  return { kind: 'done' };
}

/** Only what we have given back goes back. The news of it may be quicker than the answer to our own call. */
async function handleRefund(
  transaction: Queries,
  charge: WebhookCharge,
  livemode: boolean,
): Promise<Handled> {
  const intentId = charge.payment_intent ?? null;
  const payment = intentId === null ? null : await lockPayment(transaction, { intentId });
  if (payment === null) return { kind: 'done' };
  const fault = refundFault(payment, charge, livemode);
  if (fault !== null) return { kind: 'unfit', reason: `not the refund of ${payment.id}: ${fault}` };
  return payment.status === 'refunded'
    ? { kind: 'done' }
    : { kind: 'early', reason: `${payment.id} was refunded and not by us; it is ${payment.status}` };
}

/** Lets news take their effect on a payment that is locked. */
async function settle(
  transaction: Queries,
  payment: StoredPayment,
  news: ProviderEvent,
  recordEvent: RecordEvent | null,
): Promise<StoredPayment> {
  const change = applyProviderEvent(payment.status, news);
  if (change === null) return payment;
  await setStatus(transaction, payment.id, change.status);
  if (change.publish !== null && recordEvent !== null) {
    const { orderId, id: paymentId, amount } = payment;
    const data = { orderId, paymentId, ...amount };
    if (change.publish === 'orders.payment_succeeded')
      await recordEvent(transaction, change.publish, orderId, data);
    else
      await recordEvent(transaction, change.publish, orderId, { ...data, reason: change.reason ?? 'failed' });
  }
  return { ...payment, status: change.status };
}

function providerUpdateOf({ status }: PaymentIntent): ProviderEvent | null {
  if (status === 'succeeded' || status === 'canceled') return { kind: status };
  return null;
}
