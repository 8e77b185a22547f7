import * as z from 'zod';
import type { CallOutcome, CallService } from '../http/call.ts';
import { encodeSegment } from '../http/text.ts';
import type { Money } from '../money.ts';
import type { PaymentState, Payments, Stock, Unavailable } from './saga.ts';

const money = z.object({ amount: z.number().int(), currency: z.string() });
const paymentStatus = z.enum(['pending', 'succeeded', 'failed', 'canceled', 'refunded']);
const payment = z.object({
  id: z.string(),
  intentId: z.string(),
  clientSecret: z.string(),
  status: paymentStatus,
});

/** What a product costs now; `unknown` for what is not sold. */
export type PriceOf = (
  productId: string,
) => Promise<{ readonly kind: 'price'; readonly price: Money } | { readonly kind: 'unknown' } | Unavailable>;

/** Prices of the product service, asked anew for each order. */
export function pricesOf(call: CallService): PriceOf {
  return async (productId) => {
    const outcome = await call('GET', `/api/products/${encodeSegment(productId)}`);
    if (outcome.kind === 'answered' && outcome.status === 404) return { kind: 'unknown' };
    const read = readAnswer(outcome, z.object({ price: money }));
    return read.kind === 'unavailable' ? read : { kind: 'price', price: read.body.price };
  };
}

/** Stock of the inventory service. */
export function stockOf(call: CallService): Stock {
  const path = (orderId: string) => `/internal/reservations/${encodeSegment(orderId)}`;
  return {
    async hold({ id, userId, items }) {
      const outcome = await call('PUT', path(id), {
        ownerId: userId,
        items: items.map(({ productId, quantity }) => ({ productId, quantity })),
      });
      if (outcome.kind === 'answered' && outcome.status === 409) return { kind: 'short' };
      const read = readAnswer(outcome, z.object({ expiresAt: z.iso.datetime() }));
      return read.kind === 'unavailable' ? read : { kind: 'held', expiresAt: read.body.expiresAt };
    },
    async commit(orderId) {
      const outcome = await call('POST', `${path(orderId)}/commit`);
      if (outcome.kind === 'answered' && outcome.status === 409) return { kind: 'gone' };
      const read = readAnswer(outcome, z.unknown());
      return read.kind === 'unavailable' ? read : { kind: 'committed' };
    },
    async release(orderId) {
      const read = readAnswer(await call('DELETE', path(orderId)), z.unknown());
      return read.kind === 'unavailable' ? read : { kind: 'released' };
    },
  };
}

/** Payments of the payment service. */
export function paymentsOf(call: CallService): Payments {
  const path = (orderId: string) => `/internal/payments/${encodeSegment(orderId)}`;
  const change = async (orderId: string, verb: string): Promise<PaymentState | Unavailable> => {
    const outcome = await call('POST', `${path(orderId)}/${verb}`);
    // Never opened, so no money can come.
    if (outcome.kind === 'answered' && outcome.status === 404) {
      return { kind: 'payment-state', status: 'canceled' };
    }
    const read = readAnswer(outcome, z.object({ status: paymentStatus }));
    return read.kind === 'unavailable' ? read : { kind: 'payment-state', status: read.body.status };
  };
  return {
    async open({ id, userId, total }) {
      const read = readAnswer(await call('PUT', path(id), { userId, amount: total }), payment);
      return read.kind === 'unavailable' ? read : { kind: 'payment', payment: read.body };
    },
    cancel: (orderId) => change(orderId, 'cancel'),
    refund: (orderId) => change(orderId, 'refund'),
  };
}

type Read<T> = { readonly kind: 'read'; readonly body: T } | Unavailable;

/** An answer that is not what was agreed counts as none: it is logged with the order, and asked for again. */
function readAnswer<T>(outcome: CallOutcome, schema: z.ZodType<T>): Read<T> {
  if (outcome.kind === 'unavailable') return outcome;
  if (outcome.status >= 300) return { kind: 'unavailable', reason: `answered ${outcome.status}` };
  const result = schema.safeParse(outcome.body);
  return result.success
    ? { kind: 'read', body: result.data }
    : { kind: 'unavailable', reason: `answered what was not agreed: ${z.prettifyError(result.error)}` };
}
