import type { Money } from '../platform/money.ts';

export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  readonly unitPrice: Money;
}

/**
 * `created` > `reserved` > `paid` > `confirmed` (and one day `shipped`), or
 * `created` > `rejected` (out of stock), or
 * `reserved` > `failed` (not paid) > `released` (its stock is free again).
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

export interface DeliveryAddress {
  readonly name: string;
  readonly street: string;
  readonly postalCode: string;
  readonly city: string;
  /** ISO 3166, two letters. */
  readonly country: string;
}

export interface OrderPayment {
  readonly id: string;
  /** The payment provider's: what the shop's page confirms, with the secret. */
  readonly intentId: string;
  /** For the owner of the order, who asks for that one. */
  readonly clientSecret?: string;
  readonly status: 'pending' | 'succeeded' | 'failed' | 'canceled' | 'refunded';
}

export interface Order {
  readonly id: string;
  readonly userId: string;
  readonly status: OrderStatus;
  readonly items: readonly OrderItem[];
  readonly total: Money;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly delivery?: DeliveryAddress;
  /** From the reservation on. */
  readonly payment?: OrderPayment;
  /**
   * Why it was rejected or has failed: `out_of_stock`, `not_paid_in_time`, `stock_` or `payment_` with `refused` (that
   * service refuses the order for good) or `unavailable` (it gave no answer as long as the stock was held), or the
   * payment's own reason.
   */
  readonly reason?: string;
}

/** The order as anybody but its owner sees it, and in lists: nobody else can pay with it. */
export function withoutClientSecret(order: Order): Order {
  if (order.payment === undefined) return order;
  const { clientSecret: _, ...payment } = order.payment;
  return { ...order, payment };
}
