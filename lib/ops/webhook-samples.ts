/** What a sample says besides its type. */
export interface SampleTerms {
  readonly eventId: string;
  readonly orderId: string | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A body as Stripe sends them (https://docs.stripe.com/api/events/object), with what the type tells by its object. */
export function stripeSample(type: string, { eventId, orderId, now }: SampleTerms): object {
  const created = Math.floor(now / 1_000);
  const payment = `pi_${eventId.replace(/^evt_/, '')}`;
  const metadata = orderId === undefined ? {} : { order_id: orderId };
  const [kind = ''] = type.split('.');
  const isPayment = kind === 'payment_intent';
  const object = {
    id: isPayment ? payment : `${kind}_${eventId}`,
    object: kind,
    amount: 99_900,
    currency: 'eur',
    created,
    livemode: false,
    metadata,
    ...(isPayment ? paymentOf(type) : { payment_intent: payment }),
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

function paymentOf(type: string): object {
  switch (type) {
    case 'payment_intent.succeeded':
      return { status: 'succeeded' };
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

/** A body as the Standard Webhooks specification recommends them. */
export function standardSample(type: string, { orderId, now }: SampleTerms): object {
  return { type, timestamp: new Date(now).toISOString(), data: orderId === undefined ? {} : { orderId } };
}
