import type { Money } from '../platform/money.ts';

/** A product of an order, with the price at the time of the order. */
export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  readonly unitPrice: Money;
}

/**
 * `created` > `reserved` > `paid` > `confirmed` (later `shipped`), or
 * `created` > `rejected` (out of stock), or
 * `reserved` > `failed` (not paid) > `released` (its stock is available again).
 */
export type OrderStatus =
  | 'created'
  | 'reserved'
  | 'paid'
  | 'confirmed'
  | 'shipped'
  | 'rejected'
  | 'failed'
  | 'released';

/** Where an order is delivered. */
export interface DeliveryAddress {
  readonly name: string;
  readonly street: string;
  readonly postalCode: string;
  readonly city: string;
  /** ISO 3166, two letters. */
  readonly country: string;
}

/** The payment of an order, as the order service knows it. */
export interface OrderPayment {
  readonly id: string;
  /** The id of the provider's payment intent, which the shop's page confirms with the client secret. */
  readonly intentId: string;
  /** Only in the response to the owner of the order, and not in lists. */
  readonly clientSecret?: string;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'canceled' | 'refunded';
}

/** An order of a user. */
export interface Order {
  readonly id: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly items: readonly OrderItem[];
  readonly total: Money;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly delivery?: DeliveryAddress;
  /** Set when the stock is reserved. */
  readonly payment?: OrderPayment;
  /**
   * Why the order was rejected or has failed: `out_of_stock`, `not_paid_in_time`, `stock_` or `payment_` with `refused`
   * (that service refuses the order for good) or `unavailable` (that service did not respond while the stock was held),
   * or the reason of the payment.
   */
  readonly reason?: string;
}

/** The order for administrators and in lists. Without the client secret, a reader cannot confirm the payment. */
export function withoutClientSecret(order: Order): Order {
  if (order.payment === undefined) return order;
  const { clientSecret: _, ...payment } = order.payment;
  return { ...order, payment };
}
