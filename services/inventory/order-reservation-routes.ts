import * as z from 'zod';
import { readBody } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp } from '../platform/http/service-app.ts';
import { line } from '../platform/http/text-rules.ts';
import type { Inventory } from './inventory.ts';

const holdBody = z.strictObject({
  ownerId: line({ error: 'Give the id of the user who orders.', max: 256 }),
  items: z
    .array(
      z.strictObject({
        productId: line({ error: 'Give the id of a product.', max: 64 }),
        quantity: z.number().int().min(1).max(99),
      }),
    )
    .min(1)
    .max(50)
    .refine((items) => new Set(items.map(({ productId }) => productId)).size === items.length, {
      error: 'List each product once.',
    }),
});

/**
 * Routes for the stock of orders, by the id of the order. Only the order service calls them: no gateway route reaches
 * `/internal`. Every call may be repeated: the expiry of a hold does not change, and sold stock stays sold.
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
          // Not 409, which means that the stock is not available.
          const detail = `${ownerId} may hold at most ${outcome.max} units at once and holds ${outcome.held}.`;
          return problem(c, 422, detail);
        }
        if (outcome.kind === 'short') {
          return problem(c, 409, `There is not enough stock of ${outcome.productIds.join(', ')}.`);
        }
        const expiresAt = new Date(outcome.expiresAtMs).toISOString();
        return representation(c, { orderId, status: outcome.kind, expiresAt, items });
      },
    );

    app.post(
      '/internal/reservations/:order/commit',
      describeOperation({ summary: 'Sell the stock that is held for an order.' }),
      async (c) => {
        const orderId = c.req.param('order');
        const outcome = await inventory.commit(orderId);
        if (outcome.kind === 'gone') return problem(c, 409, `No stock is held for ${orderId}.`);
        return representation(c, { orderId, status: 'committed' });
      },
    );

    app.delete(
      '/internal/reservations/:order',
      describeOperation({ summary: 'Release the stock that is held for an order.', status: 204 }),
      async (c) => {
        const orderId = c.req.param('order');
        const outcome = await inventory.release(orderId);
        if (outcome.kind === 'committed') return problem(c, 409, `The stock of ${orderId} is sold.`);
        return c.body(null, 204);
      },
    );
  };
}
