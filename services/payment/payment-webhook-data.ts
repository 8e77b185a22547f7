import * as z from 'zod';
import type { ProviderEvent } from './payment.ts';
import type { StoredPayment } from './payment-store.ts';
import type { PaymentIntent } from './provider.ts';

/** An id of Stripe's objects, or one of ours in their metadata; anything else is nobody's. */
const id = z.string().regex(/^[\w.:-]{1,255}$/);
/** Minor units. */
const amount = z.int().min(0);

/** A payment intent as a webhook carries it (https://docs.stripe.com/api/payment_intents/object). */
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

/** A charge that went back, in whole or in part (https://docs.stripe.com/api/charges/object). */
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

export type PaymentWebhookData =
  | { readonly kind: 'intent'; readonly intent: WebhookIntent; readonly news: ProviderEvent }
  | { readonly kind: 'refund'; readonly charge: WebhookCharge }
  /** Of no meaning for payments. */
  | { readonly kind: 'other' }
  | { readonly kind: 'faulty'; readonly reason: string };

/** What a webhook of Stripe says of money. Never throws, whatever the body is. */
export function readPaymentWebhook(eventType: string, body: unknown): PaymentWebhookData {
  if (eventType === 'charge.refunded') {
    const parsed = chargeBody.safeParse(body);
    return parsed.success
      ? { kind: 'refund', charge: parsed.data.data.object }
      : { kind: 'faulty', reason: z.prettifyError(parsed.error) };
  }
  const kind = updateKinds.get(eventType);
  if (kind === undefined) return { kind: 'other' };
  const parsed = intentBody.safeParse(body);
  if (!parsed.success) return { kind: 'faulty', reason: z.prettifyError(parsed.error) };
  const { object } = parsed.data.data;
  const reason = object.last_payment_error?.code ?? 'payment_failed';
  return { kind: 'intent', intent: object, news: kind === 'failed' ? { kind, reason } : { kind } };
}

const updateKinds: ReadonlyMap<string, ProviderEvent['kind']> = new Map([
  ['payment_intent.succeeded', 'succeeded'],
  ['payment_intent.payment_failed', 'failed'],
  ['payment_intent.canceled', 'canceled'],
]);

/** The state in which an intent is when its event is sent (https://docs.stripe.com/payments/paymentintents/lifecycle). */
const statusOf = {
  succeeded: 'succeeded',
  failed: 'requires_payment_method',
  canceled: 'canceled',
} as const;

/**
 * In what a webhook's money differs from that of its payment; null when all of it agrees: the intent, its order, the
 * amount that came, the currency, the status, and whether it was real money.
 *
 * @param livemode whether this environment takes real money.
 */
export function webhookFault(
  payment: StoredPayment,
  { intent: found, news }: Extract<PaymentWebhookData, { readonly kind: 'intent' }>,
  livemode: boolean,
): string | null {
  const orderId = found.metadata?.order_id ?? payment.orderId;
  const received = news.kind === 'succeeded' ? payment.amount.amount : 0;
  // What has not succeeded need not say that nothing came.
  const foundReceived = found.amount_received ?? (news.kind === 'succeeded' ? null : 0);
  return difference([
    ['intent', payment.intent?.id ?? null, found.id],
    ['metadata.order_id', payment.orderId, orderId],
    ['amount', payment.amount.amount, found.amount],
    ['amount_received', received, foundReceived],
    ['currency', payment.amount.currency.toLowerCase(), found.currency],
    ['status', statusOf[news.kind], found.status],
    ['livemode', livemode, found.livemode],
  ]);
}

/** As `webhookFault`, of a charge that went back. */
export function refundFault(payment: StoredPayment, found: WebhookCharge, livemode: boolean): string | null {
  return difference([
    ['intent', payment.intent?.id ?? null, found.payment_intent ?? null],
    ['amount_refunded', payment.amount.amount, found.amount_refunded],
    ['currency', payment.amount.currency.toLowerCase(), found.currency],
    ['livemode', livemode, found.livemode],
  ]);
}

/** As `webhookFault`, of an intent that the provider answered with. */
export function intentFault(
  { amount: money, intent: kept }: StoredPayment,
  found: PaymentIntent,
): string | null {
  const received = found.status === 'succeeded' ? money.amount : 0;
  return difference([
    ['intent', kept?.id ?? found.id, found.id],
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
        `${field} is ${JSON.stringify(found)} and not ${JSON.stringify(expected)}`,
    )
    .join('; ');
}
