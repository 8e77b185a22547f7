import * as z from 'zod';
import type { Publish } from '../events/publish.ts';
import type { ServiceApp } from '../http/app.ts';
import { readBody } from '../http/input.ts';
import { problem } from '../http/problem.ts';
import { representation } from '../http/representation.ts';
import type { LineChange, OrderHolds } from './inventory.ts';

const holdBody = z.strictObject({
  ownerId: z.string().min(1),
  items: z
    .array(z.strictObject({ productId: z.string().min(1), quantity: z.number().int().min(1).max(99) }))
    .min(1)
    .max(50)
    .refine((items) => new Set(items.map(({ productId }) => productId)).size === items.length, {
      error: 'Name each product once.',
    }),
});

export interface OrderReservationPorts {
  readonly inventory: OrderHolds;
  readonly publish: Publish;
}

/**
 * Stock for orders, by the order's id, for the order service alone: no route of the gateway leads to `/internal`. Every
 * call may be repeated: a held order stays held until the same moment, a sold one sold.
 */
export function orderReservationRoutes(ports: OrderReservationPorts): (app: ServiceApp) => void {
  const { inventory } = ports;
  return (app) => {
    app.put('/internal/reservations/:order', async (c) => {
      const body = await readBody(c, holdBody);
      if (body.kind === 'invalid') return body.answer;
      const orderId = c.req.param('order');
      const { ownerId, items } = body.value;
      const outcome = await inventory.hold(orderId, `user:${ownerId}`, items);
      if (outcome.kind === 'short') {
        return problem(c, 409, `There is too little of ${outcome.productIds.join(', ')}.`);
      }
      tell(ports, orderId, outcome.changes, 'reserved');
      const expiresAt = new Date(outcome.expiresAtMs).toISOString();
      return representation(c, { orderId, status: outcome.kind, expiresAt, items });
    });

    app.post('/internal/reservations/:order/commit', async (c) => {
      const orderId = c.req.param('order');
      const outcome = await inventory.commit(orderId);
      if (outcome.kind === 'gone') return problem(c, 409, `Nothing is held for ${orderId} any more.`);
      tell(ports, orderId, outcome.changes, 'committed');
      return representation(c, { orderId, status: 'committed' });
    });

    app.delete('/internal/reservations/:order', async (c) => {
      const orderId = c.req.param('order');
      const outcome = await inventory.releaseOrder(orderId);
      if (outcome.kind === 'committed') return problem(c, 409, `What ${orderId} held is sold.`);
      tell(ports, orderId, outcome.changes, 'released');
      return c.body(null, 204);
    });
  };
}

function tell(
  { publish }: OrderReservationPorts,
  orderId: string,
  changes: readonly LineChange[],
  cause: 'reserved' | 'committed' | 'released',
): void {
  for (const { level, quantity } of changes) {
    publish('inventory.updated', level.productId, {
      ...level,
      cause,
      reservation: { id: orderId, orderId, quantity },
    });
  }
}
