import * as z from 'zod';
import { withDeadline } from '../../runtime/concurrency/deadline.ts';
import { encodeSegment } from '../platform/http/text-rules.ts';
import { intentStatuses, type PaymentProvider, type ProviderOutcome } from './provider.ts';

export interface StripeOptions {
  /** `https://api.stripe.com`, or a server with the same API. */
  readonly baseUrl: string;
  /** `sk_…`. */
  readonly secretKey: string;
  /** Sends a request: `fetch`, or the stand-in. */
  readonly send: (request: Request) => Response | Promise<Response>;
}

/** The version of Stripe's API that the schemas below describe (https://docs.stripe.com/api/versioning). */
const apiVersion = '2025-09-30.clover';
/** Timeout of one call. A cancellation makes at most three calls (`providerCalls`). */
export const providerTimeoutMs = 3_000;
export const providerCalls = 3;

const intent = z.object({
  id: z.string(),
  client_secret: z.string(),
  status: z.enum(intentStatuses),
  amount: z.number(),
  amount_received: z.number().optional(),
  currency: z.string(),
  metadata: z.record(z.string(), z.string()),
});
const refund = z.object({
  id: z.string(),
  amount: z.number(),
  currency: z.string(),
  status: z.string().nullable(),
});

/** https://docs.stripe.com/api/errors */
const failure = z.object({
  error: z.object({ type: z.string(), code: z.string().optional(), message: z.string().optional() }),
});

/** A client of Stripe's API: forms as request bodies, JSON responses, an idempotency key on every write. */
export function createStripeProvider({ baseUrl, secretKey, send }: StripeOptions): PaymentProvider {
  const call = async <T>(
    schema: z.ZodType<T>,
    path: string,
    write?: { readonly key: string; readonly form: Readonly<Record<string, string>> },
  ): Promise<ProviderOutcome<T>> => {
    const exchange = async (signal: AbortSignal) => {
      const request = new Request(new URL(path, baseUrl), {
        signal,
        headers: {
          authorization: `Bearer ${secretKey}`,
          'stripe-version': apiVersion,
          ...(write === undefined ? {} : { 'idempotency-key': encodeSegment(write.key) }),
        },
        ...(write === undefined ? {} : { method: 'POST', body: new URLSearchParams(write.form) }),
      });
      const response = await send(request);
      return { status: response.status, body: await response.json() };
    };
    try {
      const { status, body } = await withDeadline(providerTimeoutMs, exchange);
      return outcomeOf(status, body, schema);
    } catch (error) {
      return { kind: 'unavailable', reason: String(error) };
    }
  };
  const intents = '/v1/payment_intents';
  const intentPath = (id: string) => `${intents}/${encodeSegment(id)}`;

  return {
    create: (orderId, { amount, currency }, key) =>
      call(intent, intents, {
        key,
        form: {
          amount: String(amount),
          currency: currency.toLowerCase(),
          'automatic_payment_methods[enabled]': 'true',
          'metadata[order_id]': orderId,
        },
      }),
    retrieve: (id) => call(intent, intentPath(id)),
    confirm: (id, paymentMethod, key) =>
      call(intent, `${intentPath(id)}/confirm`, { key, form: { payment_method: paymentMethod } }),
    cancel: (id, key) => call(intent, `${intentPath(id)}/cancel`, { key, form: {} }),
    refund: (id, key) => call(refund, '/v1/refunds', { key, form: { payment_intent: id } }),
  };
}

function outcomeOf<T>(status: number, body: unknown, schema: z.ZodType<T>): ProviderOutcome<T> {
  // 409: another call with this key is running. 429: too many calls. A later attempt may succeed.
  if (status >= 500 || status === 409 || status === 429) {
    return { kind: 'unavailable', reason: `the payment provider answered ${status}` };
  }
  if (status >= 400) {
    const unknown: z.output<typeof failure> = { error: { type: 'api_error' } };
    const { type, code, message } = (failure.safeParse(body).data ?? unknown).error;
    return {
      kind: 'refused',
      status,
      type,
      code: code ?? null,
      message: message ?? 'The payment provider refused the call and gave no reason.',
    };
  }
  const parsed = schema.safeParse(body);
  return parsed.success
    ? { kind: 'done', value: parsed.data }
    : {
        kind: 'unavailable',
        reason: `unexpected response of the payment provider: ${z.prettifyError(parsed.error)}`,
      };
}
