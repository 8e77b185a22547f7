import * as z from 'zod';
import type { Publish } from '../events/publish.ts';
import type { ServiceApp, ServiceContext } from '../http/app.ts';
import { mayAccess } from '../http/caller.ts';
import { type IdempotencyStore, once } from '../http/idempotency.ts';
import { readBody, readQuery } from '../http/input.ts';
import { pageQuery } from '../http/page.ts';
import { type Fault, problem } from '../http/problem.ts';
import { representation } from '../http/representation.ts';
import type { Order, OrderItem, OrderStore, PriceOf } from './order.ts';

const orderBody = z.strictObject({
  items: z
    .array(
      z.strictObject({
        productId: z
          .string({ error: 'Name a product.' })
          .min(1, 'Name a product.')
          .max(64, 'Name a product.'),
        quantity: z
          .number({ error: 'Give a whole number.' })
          .int('Give a whole number.')
          .min(1, 'Order at least 1.')
          .max(99, 'Order at most 99 of a product.'),
      }),
      { error: 'Give a list of items.' },
    )
    .min(1, 'Order at least one item.')
    .max(50, 'Order at most 50 items.'),
});
type OrderBody = z.output<typeof orderBody>;

const listQuery = z.strictObject({
  ...pageQuery,
  /** Whose orders; an administrator may ask for anybody's. */
  user: z.string().max(256, 'Name one user.').optional(),
});

export interface OrderPorts {
  readonly orders: OrderStore;
  readonly priceOf: PriceOf;
  readonly idempotency: IdempotencyStore;
  readonly publish: Publish;
  readonly newId: () => string;
  readonly time: () => Date;
}

/** Orders, each its owner's and the administrators'. Somebody else's order is one that is not there. */
export function orderRoutes(ports: OrderPorts): (app: ServiceApp) => void {
  return (app) => {
    app.get('/api/orders', async (c) => {
      const { userId, isAdmin } = c.var.caller;
      if (userId === null && !isAdmin) return noUser(c);
      const query = readQuery(c, listQuery);
      if (query.kind === 'invalid') return query.answer;
      const { user = isAdmin ? null : userId, ...page } = query.value;
      if (user !== null && !mayAccess(c.var.caller, user)) {
        return problem(c, 403, 'Orders are for their owner and for administrators.');
      }
      return representation(c, await ports.orders.list(user, page));
    });

    // The second is today's shape by its version; the gateway turns the first version's into it.
    for (const path of ['/api/orders', '/v2/orders']) {
      app.get(`${path}/:id`, async (c) => {
        const order = await ports.orders.get(c.req.param('id'));
        return order === null || !mayAccess(c.var.caller, order.userId)
          ? problem(c, 404, `There is no order ${c.req.param('id')} of yours.`)
          : representation(c, order);
      });

      app.post(path, async (c) => {
        const { userId } = c.var.caller;
        if (userId === null) return noUser(c);
        const body = await readBody(c, orderBody);
        if (body.kind === 'invalid') return body.answer;
        return once(c, ports.idempotency, userId, body.value, () =>
          place(c, userId, body.value, ports, path),
        );
      });
    }
  };
}

async function place(
  c: ServiceContext,
  userId: string,
  body: OrderBody,
  ports: OrderPorts,
  path: string,
): Promise<Response> {
  const priced = priceItems(body, ports.priceOf);
  if (priced.kind === 'faulty') {
    return problem(c, 422, 'The order cannot be placed. See errors.', { errors: priced.errors });
  }
  const order: Order = {
    id: `order-${ports.newId()}`,
    userId,
    status: 'created',
    items: priced.items,
    total: {
      amount: priced.items.reduce((sum, item) => sum + item.quantity * item.unitPrice.amount, 0),
      currency: 'EUR',
    },
    createdAt: ports.time().toISOString(),
  };
  await ports.orders.add(order);
  ports.publish('orders.created', order.id, {
    orderId: order.id,
    userId,
    items: body.items,
    total: order.total,
  });
  return representation(c, order, 201, { location: `${path}/${order.id}` });
}

type Priced =
  | { readonly kind: 'priced'; readonly items: readonly OrderItem[] }
  | { readonly kind: 'faulty'; readonly errors: readonly Fault[] };

function priceItems({ items }: OrderBody, priceOf: PriceOf): Priced {
  const priced: OrderItem[] = [];
  const errors: Fault[] = [];
  for (const [index, { productId, quantity }] of items.entries()) {
    const pointer = `/items/${index}/productId`;
    const unitPrice = priceOf(productId);
    if (unitPrice === null) {
      errors.push({ pointer, detail: `There is no product ${productId}.` });
    } else if (items.findIndex((item) => item.productId === productId) < index) {
      errors.push({ pointer, detail: 'is listed twice. Raise the quantity instead.' });
    } else {
      priced.push({ productId, quantity, unitPrice });
    }
  }
  return errors.length > 0 ? { kind: 'faulty', errors } : { kind: 'priced', items: priced };
}

function noUser(c: ServiceContext): Response {
  return problem(c, 403, 'Orders belong to users, and this call carries none.');
}
