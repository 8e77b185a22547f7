import type { Money } from '../platform/money.ts';

/** The fields of a Stripe payment intent that the service uses (https://docs.stripe.com/api/payment_intents/object). */
export interface PaymentIntent {
  /** `pi_…`. */
  readonly id: string;
  readonly client_secret: string;
  readonly status: IntentStatus;
  /** Minor units. */
  readonly amount: number;
  /** Minor units received so far. */
  readonly amount_received?: number | undefined;
  /** Lower case, ISO 4217. */
  readonly currency: string;
  readonly metadata: Readonly<Record<string, string>>;
}
export const intentStatuses = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'requires_capture',
  'processing',
  'canceled',
  'succeeded',
] as const;
export type IntentStatus = (typeof intentStatuses)[number];

/** The fields of a Stripe refund that the service uses (https://docs.stripe.com/api/refunds/object). */
export interface ProviderRefund {
  readonly id: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  /** `failed` and `canceled`: the money was not returned. Null if the API returns no status. */
  readonly status: string | null;
}

/** The outcome of a call to the payment provider. */
export type ProviderOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** A final refusal, with the provider's type and code, such as `card_declined`. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly type: string;
      readonly code: string | null;
      readonly message: string;
    }
  /** No response, a rate limit, or a failure of the provider. Repeat the call with the same key. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** The payment provider. Every write has an idempotency key; a repetition with the same key has no further effect. */
export interface PaymentProvider {
  create(orderId: string, amount: Money, key: string): Promise<ProviderOutcome<PaymentIntent>>;
  retrieve(intentId: string): Promise<ProviderOutcome<PaymentIntent>>;
  confirm(intentId: string, paymentMethod: string, key: string): Promise<ProviderOutcome<PaymentIntent>>;
  cancel(intentId: string, key: string): Promise<ProviderOutcome<PaymentIntent>>;
  refund(intentId: string, key: string): Promise<ProviderOutcome<ProviderRefund>>;
}
