import * as z from 'zod';
import type { StoreEvent } from '../../lambda/shared/events/envelope.ts';
import type { Database, Queries } from '../database/database.ts';
import type { Money } from '../money.ts';
import type { Handled } from '../outbox/consumer.ts';
import type { RecordEvent } from '../outbox/outbox.ts';
import { onProviderNews, type ProviderNews } from './payment.ts';
import {
  insertPayment,
  type KeptPayment,
  lockPayment,
  paymentOfOrder,
  setIntent,
  setStatus,
} from './payment-store.ts';
import type { PaymentIntent, PaymentProvider, ProviderOutcome } from './provider.ts';

export interface PaymentPorts {
  readonly database: Database;
  readonly provider: PaymentProvider;
  readonly recordEvent: RecordEvent;
  readonly newId: () => string;
  readonly nowMs: () => number;
}

export type PaymentOutcome =
  | { readonly kind: 'payment'; readonly payment: KeptPayment }
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

/** A payment whose intent is known. The provider answers a repeated request with the same intent. */
async function withIntent(payment: KeptPayment, ports: PaymentPorts): Promise<PaymentOutcome> {
  if (payment.intent !== null) return { kind: 'payment', payment };
  const { orderId, amount } = payment;
  const created = await ports.provider.create(orderId, amount, `create-${orderId}`);
  if (created.kind !== 'done') return created;
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
  if (opened.kind !== 'payment') return opened;
  const intentId = opened.payment.intent?.id ?? '';
  // Each attempt has a key of its own: under the same one Stripe would repeat a refusal whose cause has passed.
  const canceled = await ports.provider.cancel(intentId, ports.newId());
  if (canceled.kind === 'unavailable') return canceled;
  // It refuses what is settled already: ask how.
  const last = canceled.kind === 'done' ? canceled : await ports.provider.retrieve(intentId);
  if (last.kind !== 'done') return last;
  const news = newsOf(last.value);
  if (news === null) return { kind: 'unavailable', reason: `the intent is ${last.value.status}` };
  return await ports.database.transaction(async (transaction) => {
    // The order has asked for it, and need not be told.
    const quiet = news.kind === 'canceled';
    const payment = await settle(
      transaction,
      { orderId, intentId: null },
      news,
      quiet ? null : ports.recordEvent,
    );
    return payment === null ? { kind: 'none' } : { kind: 'payment', payment };
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
  const isBack =
    refunded.kind === 'done' || (refunded.kind === 'refused' && refunded.code === alreadyRefunded);
  if (!isBack) return refunded;
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
  payment: KeptPayment,
  paymentMethod: string,
  key: string,
): Promise<ProviderOutcome<PaymentIntent> | { readonly kind: 'conflict'; readonly reason: string }> {
  if (payment.intent === null || payment.status === 'canceled' || payment.status === 'refunded') {
    return { kind: 'conflict', reason: `The payment is ${payment.status}.` };
  }
  return await ports.provider.confirm(payment.intent.id, paymentMethod, key);
}

const stripeObject = z.object({
  data: z.object({
    object: z.object({
      id: z.string(),
      metadata: z.object({ order_id: z.string().optional() }).optional(),
      last_payment_error: z.object({ code: z.string().optional() }).nullish(),
    }),
  }),
});

/** What a webhook of the provider does: settles its payment, and says so to the order. */
export async function handleWebhook(
  transaction: Queries,
  event: StoreEvent,
  recordEvent: RecordEvent,
): Promise<Handled> {
  if (event.type !== 'payments.webhook') return { kind: 'unfit', reason: `${event.type} is no webhook` };
  const { provider, eventType, body } = event.data;
  // Other senders, and what else Stripe tells, have no meaning here.
  if (provider !== 'stripe' || !eventType.startsWith('payment_intent.')) return { kind: 'done' };
  const parsed = stripeObject.safeParse(body);
  if (!parsed.success) return { kind: 'unfit', reason: z.prettifyError(parsed.error) };
  const { id: intentId, metadata, last_payment_error: error } = parsed.data.data.object;
  const news = newsOfType(eventType, error?.code ?? 'payment_failed');
  if (news === null) return { kind: 'done' };
  const orderId = metadata?.order_id ?? null;
  const payment = await settle(transaction, { orderId, intentId }, news, recordEvent);
  return payment === null
    ? { kind: 'unfit', reason: `there is no payment of intent ${intentId} or order ${orderId}` }
    : { kind: 'done' };
}

/** Lets news take their effect; null where there is no such payment. */
async function settle(
  transaction: Queries,
  whose: { readonly orderId: string | null; readonly intentId: string | null },
  news: ProviderNews,
  recordEvent: RecordEvent | null,
): Promise<KeptPayment | null> {
  const payment = await lockPayment(transaction, whose);
  if (payment === null) return null;
  const change = onProviderNews(payment.status, news);
  if (change === null) return payment;
  await setStatus(transaction, payment.id, change.status);
  if (change.tell !== null && recordEvent !== null) {
    const { orderId, id: paymentId, amount } = payment;
    const data = { orderId, paymentId, ...amount };
    if (change.tell === 'orders.payment_succeeded')
      await recordEvent(transaction, change.tell, orderId, data);
    else await recordEvent(transaction, change.tell, orderId, { ...data, reason: change.reason ?? 'failed' });
  }
  return { ...payment, status: change.status };
}

function newsOfType(eventType: string, reason: string): ProviderNews | null {
  switch (eventType) {
    case 'payment_intent.succeeded':
      return { kind: 'succeeded' };
    case 'payment_intent.payment_failed':
      return { kind: 'failed', reason };
    case 'payment_intent.canceled':
      return { kind: 'canceled' };
    default:
      return null;
  }
}

function newsOf({ status }: PaymentIntent): ProviderNews | null {
  if (status === 'succeeded' || status === 'canceled') return { kind: status };
  return null;
}
