/** The content of a sample besides its type. */
export interface SampleFields {
  readonly eventId: string;
  readonly orderId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The payment of the order, if known: only this intent and amount settle it. */
  readonly payment?: SamplePayment | undefined;
}

export interface SamplePayment {
  readonly intentId: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
}

/**
 * A body as Stripe sends it (https://docs.stripe.com/api/events/object), with the fields of the type's
 * object.
 */
export function stripeSample(type: string, { eventId, orderId, now, payment: known }: SampleFields): object {
  const created = Math.floor(now / 1_000);
  const payment = known?.intentId ?? `pi_${eventId.replace(/^evt_/, '')}`;
  const metadata = orderId === undefined ? {} : { order_id: orderId };
  const amount = known?.amount ?? 99_900;
  const [kind = ''] = type.split('.');
  const isPayment = kind === 'payment_intent';
  const object = {
    id: isPayment ? payment : `${kind}_${eventId}`,
    object: kind,
    amount,
    currency: (known?.currency ?? 'eur').toLowerCase(),
    created,
    livemode: false,
    metadata,
    ...(isPayment
      ? paymentOf(type, amount)
      : { payment_intent: payment, ...(type === 'charge.refunded' ? { amount_refunded: amount } : {}) }),
  };
  return {
    id: eventId,
    object: 'event',
    api_version: '2026-10-28',
    created,
    livemode: false,
    type,
    data: { object },
  };
}

function paymentOf(type: string, amount: number): object {
  switch (type) {
    case 'payment_intent.succeeded':
      return { status: 'succeeded', amount_received: amount };
    case 'payment_intent.payment_failed':
      return {
        status: 'requires_payment_method',
        last_payment_error: { code: 'card_declined', message: 'Your card was declined.' },
      };
    case 'payment_intent.canceled':
      return { status: 'canceled', cancellation_reason: 'requested_by_customer' };
    default:
      return {};
  }
}

/** A body as the Standard Webhooks specification recommends. */
export function standardSample(type: string, { orderId, now }: SampleFields): object {
  return { type, timestamp: new Date(now).toISOString(), data: orderId === undefined ? {} : { orderId } };
}
