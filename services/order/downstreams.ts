import * as z from 'zod';
import type { CallOutcome, CallService } from '../platform/http/service-client.ts';
import { encodeSegment } from '../platform/http/text-rules.ts';
import type { Money } from '../platform/money.ts';
import type { PaymentState, Payments, Refused, Stock, Unavailable } from './saga.ts';

const money = z.object({ amount: z.number().int().min(0), currency: z.string().length(3) });
const paymentStatus = z.enum(['pending', 'succeeded', 'failed', 'canceled', 'refunded']);
const payment = z.object({
  id: z.string(),
  intentId: z.string(),
  clientSecret: z.string(),
  status: paymentStatus,
});

/** Returns the current price of a product; `unknown` if the product is not sold. */
export type GetPrice = (
  productId: string,
) => Promise<{ readonly kind: 'price'; readonly price: Money } | { readonly kind: 'unknown' } | Unavailable>;

/** Prices from the product service, read again for each order. */
export function pricesOf(call: CallService): GetPrice {
  return async (productId) => {
    const outcome = await call('GET', `/api/products/${encodeSegment(productId)}`);
    const read = readAnswer(outcome, z.object({ price: money }));
    // A product that the product service refuses to look up is not sold.
    if (read.kind === 'refused') return { kind: 'unknown' };
    return read.kind === 'unavailable' ? read : { kind: 'price', price: read.body.price };
  };
}

/** The stock of orders at the inventory service. */
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
      return read.kind === 'read' ? { kind: 'held', expiresAt: read.body.expiresAt } : read;
    },
    async commit(orderId) {
      const outcome = await call('POST', `${path(orderId)}/commit`);
      if (outcome.kind === 'answered' && outcome.status === 409) return { kind: 'gone' };
      const read = readAnswer(outcome, z.unknown());
      return read.kind === 'read' ? { kind: 'committed' } : read;
    },
    async release(orderId) {
      const outcome = await call('DELETE', path(orderId));
      if (outcome.kind === 'answered' && outcome.status === 409) return { kind: 'sold' };
      const read = readAnswer(outcome, z.unknown());
      return read.kind === 'read' ? { kind: 'released' } : read;
    },
  };
}

/** The payments of orders at the payment service. */
export function paymentsOf(call: CallService): Payments {
  const path = (orderId: string) => `/internal/payments/${encodeSegment(orderId)}`;
  const change = async (orderId: string, verb: string): Promise<PaymentState | Refused | Unavailable> => {
    const outcome = await call('POST', `${path(orderId)}/${verb}`);
    // The payment was never opened, so it can never succeed.
    if (outcome.kind === 'answered' && outcome.status === 404) {
      return { kind: 'payment-state', status: 'canceled' };
    }
    const read = readAnswer(outcome, z.object({ status: paymentStatus }));
    return read.kind === 'read' ? { kind: 'payment-state', status: read.body.status } : read;
  };
  return {
    async open({ id, userId, total }) {
      const read = readAnswer(await call('PUT', path(id), { userId, amount: total }), payment);
      return read.kind === 'read' ? { kind: 'payment', payment: read.body } : read;
    },
    cancel: (orderId) => change(orderId, 'cancel'),
    refund: (orderId) => change(orderId, 'refund'),
  };
}

type Read<T> = { readonly kind: 'read'; readonly body: T } | Refused | Unavailable;

/** Request Timeout and Too Early (RFC 9110, RFC 8470): a repetition of the same request may succeed. */
const temporaryRefusals: readonly number[] = [408, 425];

/**
 * Reads a response. A 4xx is a final refusal. A response that does not match the schema counts as unavailable: it is
 * logged with the order, and the call is repeated.
 */
function readAnswer<T>(outcome: CallOutcome, schema: z.ZodType<T>): Read<T> {
  if (outcome.kind === 'unavailable') return outcome;
  const { status, body } = outcome;
  if (status >= 300) {
    const detail = z.object({ detail: z.string() }).safeParse(body).data?.detail;
    const reason = `answered ${status}${detail === undefined ? '' : `: ${detail}`}`;
    const isRefused = status >= 400 && status < 500 && !temporaryRefusals.includes(status);
    return { kind: isRefused ? 'refused' : 'unavailable', reason };
  }
  const result = schema.safeParse(body);
  return result.success
    ? { kind: 'read', body: result.data }
    : { kind: 'unavailable', reason: `unexpected response: ${z.prettifyError(result.error)}` };
}
