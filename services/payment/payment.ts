import type { Money } from '../platform/money.ts';

/** `canceled`: the payment can no longer succeed. `refunded`: it succeeded, and the money was returned. */
export type PaymentStatus = 'pending' | 'succeeded' | 'failed' | 'canceled' | 'refunded';

/** The payment of an order. */
export interface Payment {
  readonly id: string;
  readonly orderId: string;
  readonly userId: string;
  readonly status: PaymentStatus;
  readonly amount: Money;
  readonly method: 'card' | 'bank-transfer';
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** A status change that the payment provider reports. */
export type ProviderEvent =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'canceled' };

/** The effect of a provider event on a payment: the next status, and the event to publish, if any. */
export interface PaymentChange {
  readonly status: PaymentStatus;
  readonly publish: 'orders.payment_succeeded' | 'orders.payment_failed' | null;
  /** Why the payment failed. */
  readonly reason?: string;
}

/**
 * The effect of a provider event; null if it changes nothing. Events may arrive late and in any order. Success is final
 * at the provider and overrides every failure, because a failed attempt may be followed by one that succeeds. A refund is
 * final.
 */
export function applyProviderEvent(status: PaymentStatus, event: ProviderEvent): PaymentChange | null {
  switch (event.kind) {
    case 'succeeded':
      return status === 'succeeded' || status === 'refunded'
        ? null
        : { status: 'succeeded', publish: 'orders.payment_succeeded' };
    case 'failed':
      return status === 'pending'
        ? { status: 'failed', publish: 'orders.payment_failed', reason: event.reason }
        : null;
    default:
      if (status === 'pending')
        return { status: 'canceled', publish: 'orders.payment_failed', reason: 'canceled' };
      return status === 'failed' ? { status: 'canceled', publish: null } : null;
  }
}
