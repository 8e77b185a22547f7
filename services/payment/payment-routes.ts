import * as z from 'zod';
import { findStoredResponse, runOnceInDatabase } from '../platform/database/database-idempotency.ts';
import { mayAccess } from '../platform/http/caller.ts';
import { hashOf } from '../platform/http/idempotency.ts';
import { readBody } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp, ServiceContext } from '../platform/http/service-app.ts';
import { line } from '../platform/http/text-rules.ts';
import type { Payment } from './payment.ts';
import { getPayment, type StoredPayment } from './payment-store.ts';
import {
  cancelPayment,
  confirmPayment,
  openPayment,
  type PaymentOutcome,
  type PaymentPorts,
  refundPayment,
} from './payments.ts';

const openBody = z.strictObject({
  userId: line({ error: 'Give the id of the user who pays.', max: 256 }),
  amount: z.strictObject({
    amount: z.number().int().min(1),
    currency: z.string().regex(/^[A-Z]{3}$/, 'Give three letters (ISO 4217), such as EUR.'),
  }),
});

const confirmBody = z.strictObject({
  paymentMethod: z
    .string({ error: "Give the provider's id of a payment method." })
    .regex(/^pm_\w{1,64}$/, 'Give an id such as pm_card_visa.'),
});

/**
 * Routes for payments. A payer and administrators have access; for other callers the payment does not exist. Under
 * `/internal`, which no gateway route reaches, the order service opens, cancels and refunds the payment of an order. All
 * three calls may be repeated.
 */
export function paymentRoutes(ports: PaymentPorts): (app: ServiceApp) => void {
  return (app) => {
    app.get('/api/payments/:id', describeOperation({ summary: 'One payment.' }), async (c) => {
      const payment = await ownPayment(c, ports);
      return payment === null ? forbiddenPayment(c) : representation(c, shapeOf(payment));
    });

    app.post(
      '/api/payments/:id/confirm',
      describeOperation({ summary: 'Confirm a payment.', body: confirmBody }),
      async (c) => {
        const payment = await ownPayment(c, ports);
        if (payment === null) return forbiddenPayment(c);
        const body = await readBody(c, confirmBody);
        if (body.kind === 'invalid') return body.answer;
        const write = { database: ports.database, owner: payment.id, request: body.value };
        const stored = await findStoredResponse(c, write);
        if (stored !== null) return stored;
        const { paymentMethod } = body.value;
        const key = confirmKey(c, payment.id, paymentMethod) ?? `confirm-${payment.id}-${ports.newId()}`;
        const outcome = await confirmPayment(ports, payment, paymentMethod, key);
        // The provider is called outside a transaction. It receives the key too, so it charges only once.
        return await runOnceInDatabase(c, write, async () => {
          if (outcome.kind === 'conflict') return problem(c, 409, outcome.reason);
          if (outcome.kind !== 'done') return providerAnswer(c, outcome);
          return representation(c, { ...shapeOf(payment), intent: { status: outcome.value.status } });
        });
      },
    );

    app.put(
      '/internal/payments/:order',
      describeOperation({ summary: 'Open the payment of an order.', body: openBody }),
      async (c) => {
        const body = await readBody(c, openBody);
        if (body.kind === 'invalid') return body.answer;
        return internalAnswer(c, await openPayment(ports, { orderId: c.req.param('order'), ...body.value }));
      },
    );
    app.post(
      '/internal/payments/:order/cancel',
      describeOperation({ summary: 'Cancel the payment of an order.' }),
      async (c) => internalAnswer(c, await cancelPayment(ports, c.req.param('order'))),
    );
    app.post(
      '/internal/payments/:order/refund',
      describeOperation({ summary: 'Refund the payment of an order.' }),
      async (c) => internalAnswer(c, await refundPayment(ports, c.req.param('order'))),
    );
  };
}

/** The key for the provider: at most 255 characters (https://docs.stripe.com/api/idempotent_requests). */
function confirmKey(c: ServiceContext, id: string, paymentMethod: string): string | null {
  const given = c.req.header('idempotency-key');
  if (given === undefined) return null;
  return `confirm-${id}-${hashOf([given, paymentMethod])}`;
}

/** The payment as its payer sees it. The provider's secret is part of the order, not of the payment. */
function shapeOf(payment: StoredPayment): Payment {
  const { id, orderId, userId, status, amount, method, createdAt } = payment;
  return { id, orderId, userId, status, amount, method, createdAt };
}

async function ownPayment(c: ServiceContext, { database }: PaymentPorts): Promise<StoredPayment | null> {
  const payment = await getPayment(database, c.req.param('id') ?? '');
  return payment === null || !mayAccess(c.var.caller, payment.userId) ? null : payment;
}

function forbiddenPayment(c: ServiceContext): Response {
  return problem(c, 404, `Payment ${c.req.param('id')} does not exist, or belongs to another user.`);
}

function internalAnswer(c: ServiceContext, outcome: PaymentOutcome): Response {
  switch (outcome.kind) {
    case 'payment': {
      const { id, status, intent } = outcome.payment;
      return representation(c, {
        id,
        status,
        ...(intent === null ? {} : { intentId: intent.id, clientSecret: intent.clientSecret }),
      });
    }
    case 'none':
      return problem(c, 404, `Order ${c.req.param('order')} has no payment.`);
    case 'conflict':
      return problem(c, 409, outcome.reason);
    default:
      return providerAnswer(c, outcome);
  }
}

function providerAnswer(
  c: ServiceContext,
  outcome: Extract<PaymentOutcome, { readonly kind: 'refused' | 'unavailable' }>,
): Response {
  if (outcome.kind === 'unavailable') {
    return problem(c, 503, `The payment provider is unavailable: ${outcome.reason}`, {
      headers: { 'retry-after': '5' },
    });
  }
  return outcome.type === 'card_error'
    ? problem(c, 402, outcome.message)
    : problem(c, 409, `The payment provider refused the call: ${outcome.message}`);
}
