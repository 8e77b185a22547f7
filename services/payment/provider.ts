import type { Money } from '../platform/money.ts';

/** A payment intent of Stripe's API (https://docs.stripe.com/api/payment_intents/object), as far as it is used. */
export interface PaymentIntent {
  /** `pi_…`. */
  readonly id: string;
  readonly client_secret: string;
  readonly status: IntentStatus;
  /** Minor units. */
  readonly amount: number;
  /** Minor units that have come. */
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

/** A refund of Stripe's API (https://docs.stripe.com/api/refunds/object), as far as it is used. */
export interface ProviderRefund {
  readonly id: string;
  /** Minor units. */
  readonly amount: number;
  readonly currency: string;
  /** `failed` and `canceled`: the money stays. Null where the API gives none. */
  readonly status: string | null;
}

/** What the provider has said to a call. */
export type ProviderOutcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** It refuses, and will again: its own words, such as `card_declined`. */
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly type: string;
      readonly code: string | null;
      readonly message: string;
    }
  /** No answer, a limit or a fault of its own: the call may be repeated under the same key. */
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Takes money for orders. Every write has an idempotency key: its repetition does nothing anew. */
export interface PaymentProvider {
  create(orderId: string, amount: Money, key: string): Promise<ProviderOutcome<PaymentIntent>>;
  retrieve(intentId: string): Promise<ProviderOutcome<PaymentIntent>>;
  confirm(intentId: string, paymentMethod: string, key: string): Promise<ProviderOutcome<PaymentIntent>>;
  cancel(intentId: string, key: string): Promise<ProviderOutcome<PaymentIntent>>;
  refund(intentId: string, key: string): Promise<ProviderOutcome<ProviderRefund>>;
}
