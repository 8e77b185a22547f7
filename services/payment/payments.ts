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

/** What the operations on payments need. */
export interface PaymentPorts {
  readonly database: Database;
  readonly provider: PaymentProvider;
  readonly recordEvent: RecordEvent;
  readonly reportManualIntervention: ManualInterventions;
  readonly newId: () => string;
  readonly nowMs: () => number;
}

/** The outcome of opening, canceling or refunding a payment. */
export type PaymentOutcome =
  | { readonly kind: 'payment'; readonly payment: StoredPayment }
  | { readonly kind: 'none' }
  /** The state or the amount of the payment contradicts the call. */
  | { readonly kind: 'conflict'; readonly reason: string }
  | Exclude<ProviderOutcome<never>, { readonly kind: 'done' }>;

/** Opens the payment of an order, or returns the payment that exists. */
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
    return { kind: 'conflict', reason: `The payment of ${wanted.orderId} is open with another amount.` };
  }
  return await withIntent(payment, ports);
}

/**
 * Creates the payment's intent at the provider if it is not stored. The provider returns the same intent for a repeated
 * request. A closed payment gets no intent.
 */
async function withIntent(payment: StoredPayment, ports: PaymentPorts): Promise<PaymentOutcome> {
  if (payment.intent !== null) return { kind: 'payment', payment };
  const { orderId, amount } = payment;
  if (payment.status !== 'pending') {
    return {
      kind: 'conflict',
      reason: `The payment of ${orderId} is ${payment.status} and was never opened at the provider.`,
    };
  }
  const created = await ports.provider.create(orderId, amount, `create-${orderId}`);
  if (created.kind !== 'done') return created;
  const fault = intentFault(payment, created.value);
  if (fault !== null)
    return { kind: 'unavailable', reason: `the provider returned another payment: ${fault}` };
  const intent = { id: created.value.id, clientSecret: created.value.client_secret };
  await setIntent(ports.database, payment.id, intent);
  return { kind: 'payment', payment: { ...payment, intent } };
}

/** Cancels the payment of an order. If the payment has already succeeded, returns it with that status. */
export async function cancelPayment(ports: PaymentPorts, orderId: string): Promise<PaymentOutcome> {
  const found = await paymentOfOrder(ports.database, orderId);
  if (found === null) return { kind: 'none' };
  if (found.status !== 'pending' && found.status !== 'failed') return { kind: 'payment', payment: found };
  const opened = await withIntent(found, ports);
  // The provider refuses to open the payment, so it can never succeed.
  if (opened.kind === 'refused') return await storeOutcome(ports, orderId, { kind: 'canceled' });
  if (opened.kind !== 'payment') return opened;
  const intentId = opened.payment.intent?.id ?? '';
  // Each attempt has a new key: with the same key, Stripe would repeat a refusal whose cause has passed.
  const canceled = await ports.provider.cancel(intentId, ports.newId());
  if (canceled.kind === 'unavailable') return canceled;
  // The provider refuses to cancel a final payment: read its status.
  const last = canceled.kind === 'done' ? canceled : await ports.provider.retrieve(intentId);
  if (last.kind !== 'done') return last;
  const fault = intentFault(opened.payment, last.value);
  if (fault !== null) {
    ports.reportManualIntervention('the payment differs from the provider', {
      orderId,
      intentId,
      reason: fault,
    });
    return {
      kind: 'conflict',
      reason: `The payment of ${orderId} differs from the provider: ${fault}.`,
    };
  }
  const event = finalEventOf(last.value);
  if (event === null) return { kind: 'unavailable', reason: `the intent is ${last.value.status}` };
  return await storeOutcome(ports, orderId, event);
}

/**
 * Stores the outcome of a cancellation. No event reports a canceled payment, because the order service requested it; a
 * payment that succeeded is published.
 */
async function storeOutcome(
  ports: PaymentPorts,
  orderId: string,
  event: ProviderEvent,
): Promise<PaymentOutcome> {
  return await ports.database.transaction(async (transaction) => {
    const found = await lockPayment(transaction, { orderId });
    if (found === null) return { kind: 'none' };
    const recordEvent = event.kind === 'canceled' ? null : ports.recordEvent;
    const payment = await applyEvent(transaction, found, event, recordEvent);
    return { kind: 'payment', payment };
  });
}

/** One of Stripe's error codes (https://docs.stripe.com/error-codes). */
const alreadyRefunded = 'charge_already_refunded';

/** Refunds the payment of an order. */
export async function refundPayment(ports: PaymentPorts, orderId: string): Promise<PaymentOutcome> {
  const found = await paymentOfOrder(ports.database, orderId);
  if (found === null) return { kind: 'none' };
  // There is nothing to refund.
  if (found.status === 'refunded' || found.status === 'canceled') return { kind: 'payment', payment: found };
  if (found.status !== 'succeeded' || found.intent === null) {
    return {
      kind: 'conflict',
      reason: `The payment of ${orderId} is ${found.status}: there is nothing to refund.`,
    };
  }
  const refunded = await ports.provider.refund(found.intent.id, `refund-${orderId}`);
  if (refunded.kind === 'done') {
    const { amount, currency, status } = refunded.value;
    const isWhole = amount === found.amount.amount && currency === found.amount.currency.toLowerCase();
    if (!isWhole || status === 'failed' || status === 'canceled') {
      const reason = `The provider refunded ${amount} ${currency} of ${orderId} with status ${status}.`;
      ports.reportManualIntervention('the refund does not cover the whole payment', { orderId, reason });
      return { kind: 'conflict', reason };
    }
  } else if (refunded.kind !== 'refused' || refunded.code !== alreadyRefunded) {
    return refunded;
  }
  await setStatus(ports.database, found.id, 'refunded');
  return { kind: 'payment', payment: { ...found, status: 'refunded' } };
}

/**
 * Charges the payment method that the payer has chosen. The outcome arrives by webhook.
 *
 * @param key the idempotency key. A repetition with the same key does not charge again.
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

/** What the handler of webhooks needs. */
export interface WebhookPorts {
  readonly recordEvent: RecordEvent;
  /** Whether this environment takes live payments. */
  readonly livemode: boolean;
}

/**
 * Handles a webhook of the provider: updates the payment, and publishes the outcome for the order service. A webhook that
 * arrives before its payment is `early`; one that differs from its payment is `unfit`.
 */
export async function handleWebhook(
  transaction: Queries,
  event: ShopEvent,
  ports: WebhookPorts,
): Promise<Handled> {
  if (event.type !== 'payments.webhook')
    return { kind: 'unfit', reason: `${event.type} is not a webhook event` };
  const { provider, eventType, body } = event.data;
  // Webhooks of other senders do not concern payments.
  if (provider !== 'stripe') return { kind: 'done' };
  const data = readPaymentWebhook(eventType, body);
  switch (data.kind) {
    case 'other':
      return { kind: 'done' };
    case 'faulty':
      return { kind: 'unfit', reason: data.reason };
    case 'refund':
      return await handleRefund(transaction, data.charge, ports.livemode);
    default:
      return await handleIntent(transaction, data, ports);
  }
}

async function handleIntent(
  transaction: Queries,
  data: Extract<PaymentWebhookData, { readonly kind: 'intent' }>,
  { recordEvent, livemode }: WebhookPorts,
): Promise<Handled> {
  const { id: intentId, metadata } = data.intent;
  const orderId = metadata?.order_id;
  const payment =
    (await lockPayment(transaction, { intentId })) ??
    (orderId === undefined ? null : await lockPayment(transaction, { orderId }));
  // The webhook can arrive before the response to the call that created the intent.
  if (payment === null || payment.intent === null) {
    return { kind: 'early', reason: `no payment found for intent ${intentId} or order ${orderId ?? '-'}` };
  }
  const fault = webhookFault(payment, data, livemode);
  if (fault !== null) return { kind: 'unfit', reason: `the webhook differs from ${payment.id}: ${fault}` };
  await applyEvent(transaction, payment, data.event, recordEvent);
  return { kind: 'done' };
}

/** Accepts a refund only if this service made it. The webhook can arrive before the response to the refund call. */
async function handleRefund(
  transaction: Queries,
  charge: WebhookCharge,
  livemode: boolean,
): Promise<Handled> {
  const intentId = charge.payment_intent ?? null;
  const payment = intentId === null ? null : await lockPayment(transaction, { intentId });
  if (payment === null) return { kind: 'done' };
  const fault = refundFault(payment, charge, livemode);
  if (fault !== null) return { kind: 'unfit', reason: `the refund differs from ${payment.id}: ${fault}` };
  return payment.status === 'refunded'
    ? { kind: 'done' }
    : { kind: 'early', reason: `${payment.id} is ${payment.status}: this service has not refunded it` };
}

/** Applies a provider event to a locked payment, and publishes the change unless `recordEvent` is null. */
async function applyEvent(
  transaction: Queries,
  payment: StoredPayment,
  event: ProviderEvent,
  recordEvent: RecordEvent | null,
): Promise<StoredPayment> {
  const change = applyProviderEvent(payment.status, event);
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

function finalEventOf({ status }: PaymentIntent): ProviderEvent | null {
  if (status === 'succeeded' || status === 'canceled') return { kind: status };
  return null;
}
