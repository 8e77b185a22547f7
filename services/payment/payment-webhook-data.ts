import * as z from 'zod';
import type { ProviderEvent } from './payment.ts';
import type { StoredPayment } from './payment-store.ts';
import type { PaymentIntent } from './provider.ts';

/** The id of a Stripe object, or an order id in its metadata. */
const id = z.string().regex(/^[\w.:-]{1,255}$/);
/** Minor units. */
const amount = z.int().min(0);

/** A payment intent in a webhook (https://docs.stripe.com/api/payment_intents/object). */
const intent = z.object({
  id,
  status: z.string(),
  amount,
  amount_received: amount.optional(),
  currency: z.string(),
  livemode: z.boolean(),
  metadata: z
    .object({ order_id: id.optional().catch(undefined) })
    .nullish()
    .catch(undefined),
  last_payment_error: z
    .object({
      code: z
        .string()
        .regex(/^\w{1,64}$/)
        .optional()
        .catch(undefined),
    })
    .nullish()
    .catch(undefined),
});
export type WebhookIntent = z.output<typeof intent>;

/** A charge that was refunded in whole or in part (https://docs.stripe.com/api/charges/object). */
const charge = z.object({
  payment_intent: id.nullish(),
  amount_refunded: amount,
  currency: z.string(),
  livemode: z.boolean(),
});
export type WebhookCharge = z.output<typeof charge>;

const bodyOf = <T extends z.ZodType>(object: T) => z.object({ data: z.object({ object }) });
const intentBody = bodyOf(intent);
const chargeBody = bodyOf(charge);

/** What a Stripe webhook reports about a payment. */
export type PaymentWebhookData =
  | { readonly kind: 'intent'; readonly intent: WebhookIntent; readonly event: ProviderEvent }
  | { readonly kind: 'refund'; readonly charge: WebhookCharge }
  /** Not relevant to payments. */
  | { readonly kind: 'other' }
  | { readonly kind: 'faulty'; readonly reason: string };

/** Reads a Stripe webhook. Never throws, for any body. */
export function readPaymentWebhook(eventType: string, body: unknown): PaymentWebhookData {
  if (eventType === 'charge.refunded') {
    const parsed = chargeBody.safeParse(body);
    return parsed.success
      ? { kind: 'refund', charge: parsed.data.data.object }
      : { kind: 'faulty', reason: z.prettifyError(parsed.error) };
  }
  const kind = eventKinds.get(eventType);
  if (kind === undefined) return { kind: 'other' };
  const parsed = intentBody.safeParse(body);
  if (!parsed.success) return { kind: 'faulty', reason: z.prettifyError(parsed.error) };
  const { object } = parsed.data.data;
  const reason = object.last_payment_error?.code ?? 'payment_failed';
  return { kind: 'intent', intent: object, event: kind === 'failed' ? { kind, reason } : { kind } };
}

const eventKinds: ReadonlyMap<string, ProviderEvent['kind']> = new Map([
  ['payment_intent.succeeded', 'succeeded'],
  ['payment_intent.payment_failed', 'failed'],
  ['payment_intent.canceled', 'canceled'],
]);

/** The status of an intent in each kind of event (https://docs.stripe.com/payments/paymentintents/lifecycle). */
const statusOf = {
  succeeded: 'succeeded',
  failed: 'requires_payment_method',
  canceled: 'canceled',
} as const;

/**
 * The fields in which a webhook differs from the stored payment; null if all agree. Compares the intent, the order, the
 * amounts, the currency, the status, and whether the payment is live.
 *
 * @param livemode whether this environment takes live payments.
 */
export function webhookFault(
  payment: StoredPayment,
  { intent: found, event }: Extract<PaymentWebhookData, { readonly kind: 'intent' }>,
  livemode: boolean,
): string | null {
  const orderId = found.metadata?.order_id ?? payment.orderId;
  const received = event.kind === 'succeeded' ? payment.amount.amount : 0;
  // An intent that has not succeeded may leave out `amount_received`.
  const foundReceived = found.amount_received ?? (event.kind === 'succeeded' ? null : 0);
  return difference([
    ['intent', payment.intent?.id ?? null, found.id],
    ['metadata.order_id', payment.orderId, orderId],
    ['amount', payment.amount.amount, found.amount],
    ['amount_received', received, foundReceived],
    ['currency', payment.amount.currency.toLowerCase(), found.currency],
    ['status', statusOf[event.kind], found.status],
    ['livemode', livemode, found.livemode],
  ]);
}

/** The fields in which a refunded charge differs from the stored payment; null if all agree. */
export function refundFault(payment: StoredPayment, found: WebhookCharge, livemode: boolean): string | null {
  return difference([
    ['intent', payment.intent?.id ?? null, found.payment_intent ?? null],
    ['amount_refunded', payment.amount.amount, found.amount_refunded],
    ['currency', payment.amount.currency.toLowerCase(), found.currency],
    ['livemode', livemode, found.livemode],
  ]);
}

/** The fields in which an intent that the provider returned differs from the stored payment; null if all agree. */
export function intentFault(
  { amount: money, intent: stored }: StoredPayment,
  found: PaymentIntent,
): string | null {
  const received = found.status === 'succeeded' ? money.amount : 0;
  return difference([
    ['intent', stored?.id ?? found.id, found.id],
    ['amount', money.amount, found.amount],
    ['amount_received', received, found.amount_received ?? received],
    ['currency', money.currency.toLowerCase(), found.currency],
  ]);
}

type Compared = readonly [field: string, expected: unknown, found: unknown];

function difference(compared: readonly Compared[]): string | null {
  const differing = compared.filter(([, expected, found]) => expected !== found);
  if (differing.length === 0) return null;
  return differing
    .map(
      ([field, expected, found]) =>
        `${field} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`,
    )
    .join('; ');
}
