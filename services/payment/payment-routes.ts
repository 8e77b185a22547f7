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
  userId: line({ error: 'Say who pays.', max: 256 }),
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
 * Payments, each its payer's and the administrators'; somebody else's is one that is not there. Beneath `/internal`,
 * which no route of the gateway leads to, the order service opens, calls off and gives back the payment of an order;
 * all three may be repeated.
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
        const before = await findStoredResponse(c, ports.database, payment.id, body.value);
        if (before !== null) return before;
        const { paymentMethod } = body.value;
        const key = confirmKey(c, payment.id, paymentMethod) ?? `confirm-${payment.id}-${ports.newId()}`;
        const outcome = await confirmPayment(ports, payment, paymentMethod, key);
        // No transaction is open while the provider is asked: it has the key as well, and charges nothing twice.
        return await runOnceInDatabase(c, ports.database, payment.id, body.value, async () => {
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
      describeOperation({ summary: 'See to it that no money comes.' }),
      async (c) => internalAnswer(c, await cancelPayment(ports, c.req.param('order'))),
    );
    app.post(
      '/internal/payments/:order/refund',
      describeOperation({ summary: 'Give the money back.' }),
      async (c) => internalAnswer(c, await refundPayment(ports, c.req.param('order'))),
    );
  };
}

/** The provider's, which has at most 255 characters (https://docs.stripe.com/api/idempotent_requests). */
function confirmKey(c: ServiceContext, id: string, paymentMethod: string): string | null {
  const given = c.req.header('idempotency-key');
  if (given === undefined) return null;
  return `confirm-${id}-${hashOf([given, paymentMethod])}`;
}

/** What a payer sees: the provider's secret is in the order, where the shop's page needs it. */
function shapeOf(payment: StoredPayment): Payment {
  const { id, orderId, userId, status, amount, method, createdAt } = payment;
  return { id, orderId, userId, status, amount, method, createdAt };
}

async function ownPayment(c: ServiceContext, { database }: PaymentPorts): Promise<StoredPayment | null> {
  const payment = await getPayment(database, c.req.param('id') ?? '');
  return payment === null || !mayAccess(c.var.caller, payment.userId) ? null : payment;
}

function forbiddenPayment(c: ServiceContext): Response {
  return problem(c, 404, `There is no payment ${c.req.param('id')} of yours.`);
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
      return problem(c, 404, `There is no payment of order ${c.req.param('order')}.`);
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
    return problem(c, 503, `The payment provider does not answer: ${outcome.reason}`, {
      headers: { 'retry-after': '5' },
    });
  }
  return outcome.type === 'card_error'
    ? problem(c, 402, outcome.message)
    : problem(c, 409, `The payment provider refuses: ${outcome.message}`);
}
