import type { ShopEvent } from '../../runtime/events/cloud-event.ts';

/** A fact of an order, a reservation or a stock, which counts once. */
export interface Fact {
  /** The item that keeps it. */
  readonly about: string;
  readonly name: string;
  /** Its time, milliseconds since the epoch. */
  readonly timeMs: number;
}

/**
 * The facts of an event. A repetition, by the same event or by another with the same content, is not a new fact.
 * A payment may fail several times until it succeeds, so each failed payment is a separate fact.
 */
export function factsOf(event: ShopEvent): Fact[] {
  const timeMs = Date.parse(event.time);
  switch (event.type) {
    case 'orders.created':
      return [{ about: orderItem(event.data.orderId), name: 'created', timeMs }];
    case 'orders.payment_succeeded':
      return [{ about: orderItem(event.data.orderId), name: 'paid', timeMs }];
    case 'orders.payment_failed':
      return [{ about: orderItem(event.data.orderId), name: `declined ${event.id}`, timeMs }];
    case 'orders.confirmed':
      return [{ about: orderItem(event.data.orderId), name: 'confirmed', timeMs }];
    case 'orders.failed':
      return [{ about: orderItem(event.data.orderId), name: 'failed', timeMs }];
    case 'inventory.updated': {
      const { reservation, productId, cause, available } = event.data;
      const about = reservation === undefined ? undefined : `reservation:${reservation.id}/${productId}`;
      return [
        ...(about === undefined ? [] : [{ about, name: cause, timeMs }]),
        ...(available < 0 ? [{ about: `stock:${productId}`, name: `negative ${event.id}`, timeMs }] : []),
      ];
    }
    default:
      return [];
  }
}

function orderItem(orderId: string): string {
  return `order:${orderId}`;
}
