import type { Money } from '../platform/money.ts';

/** `canceled`: no money can come any more. `refunded`: it came and went back. */
export type PaymentStatus = 'pending' | 'succeeded' | 'failed' | 'canceled' | 'refunded';

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

/** What the provider says of a payment. */
export type ProviderEvent =
  | { readonly kind: 'succeeded' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'canceled' };

/** What news do to a payment: its next status and whether others must know; null when nothing changes. */
export interface PaymentChange {
  readonly status: PaymentStatus;
  readonly publish: 'orders.payment_succeeded' | 'orders.payment_failed' | null;
  /** Of a failure. */
  readonly reason?: string;
}

/**
 * Takes the provider's news, in whatever order and however late they come. Success is final at the provider and wins
 * over every failure; a failed attempt may be followed by another that succeeds; nothing follows a refund.
 */
export function applyProviderEvent(status: PaymentStatus, news: ProviderEvent): PaymentChange | null {
  switch (news.kind) {
    case 'succeeded':
      return status === 'succeeded' || status === 'refunded'
        ? null
        : { status: 'succeeded', publish: 'orders.payment_succeeded' };
    case 'failed':
      return status === 'pending'
        ? { status: 'failed', publish: 'orders.payment_failed', reason: news.reason }
        : null;
    default:
      if (status === 'pending')
        return { status: 'canceled', publish: 'orders.payment_failed', reason: 'canceled' };
      return status === 'failed' ? { status: 'canceled', publish: null } : null;
  }
}
