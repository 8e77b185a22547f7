import * as z from 'zod';
import { readBody } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import { line } from '../platform/http/text-rules.ts';
import type { Inventory } from './inventory.ts';

const holdBody = z.strictObject({
  ownerId: line({ error: 'Say who buys.', max: 256 }),
  items: z
    .array(
      z.strictObject({
        productId: line({ error: 'Name a product.', max: 64 }),
        quantity: z.number().int().min(1).max(99),
      }),
    )
    .min(1)
    .max(50)
    .refine((items) => new Set(items.map(({ productId }) => productId)).size === items.length, {
      error: 'Name each product once.',
    }),
});

/**
 * Stock for orders, by the order's id, for the order service alone: no route of the gateway leads to `/internal`. Every
 * call may be repeated: a held order stays held until the same moment, a sold one sold.
 */
export function orderReservationRoutes(inventory: Inventory): (app: ServiceApp) => void {
  return (app) => {
    app.put(
      '/internal/reservations/:order',
      describeOperation({ summary: 'Hold the stock of an order, all lines or none.', body: holdBody }),
      async (c) => {
        const body = await readBody(c, holdBody);
        if (body.kind === 'invalid') return body.answer;
        const orderId = c.req.param('order');
        const { ownerId, items } = body.value;
        const wanted = { id: orderId, orderId, ownerId: `user:${ownerId}`, lines: items };
        const outcome = await inventory.hold(wanted);
        if (outcome.kind === 'too-much') {
          // Another attempt now is as much; 409 says that the goods are not there.
          const detail = `${ownerId} may hold at most ${outcome.most} units at once and holds ${outcome.held}.`;
          return problem(c, 422, detail);
        }
        if (outcome.kind === 'short') {
          return problem(c, 409, `There is too little of ${outcome.productIds.join(', ')}.`);
        }
        const expiresAt = new Date(outcome.expiresAtMs).toISOString();
        return representation(c, { orderId, status: outcome.kind, expiresAt, items });
      },
    );

    app.post(
      '/internal/reservations/:order/commit',
      describeOperation({ summary: 'Sell what is held.' }),
      async (c) => {
        const orderId = c.req.param('order');
        const outcome = await inventory.commit(orderId);
        if (outcome.kind === 'gone') return problem(c, 409, `Nothing is held for ${orderId} any more.`);
        return representation(c, { orderId, status: 'committed' });
      },
    );

    app.delete(
      '/internal/reservations/:order',
      describeOperation({ summary: 'Give back what is held.', status: 204 }),
      async (c) => {
        const orderId = c.req.param('order');
        const outcome = await inventory.release(orderId);
        if (outcome.kind === 'committed') return problem(c, 409, `What ${orderId} held is sold.`);
        return c.body(null, 204);
      },
    );
  };
}
