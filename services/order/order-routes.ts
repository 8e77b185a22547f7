import * as z from 'zod';
import type { Database } from '../platform/database/database.ts';
import { findStoredResponse, runOnceInDatabase } from '../platform/database/database-idempotency.ts';
import { mayAccess } from '../platform/http/caller.ts';
import { readBody, readQuery } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { pageKeys, pageQuery } from '../platform/http/pagination.ts';
import { type Fault, problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp, ServiceContext } from '../platform/http/service-app.ts';
import { line } from '../platform/http/text-rules.ts';
import type { RecordEvent } from '../platform/outbox/outbox.ts';
import type { GetPrice } from './downstreams.ts';
import { type Order, type OrderItem, withoutClientSecret } from './order.ts';
import { getOrder, listOrders } from './order-store.ts';
import { placeOrder } from './saga-steps.ts';

const addressLine = (error: string) => line({ error, max: 200 });

const orderBody = z.strictObject({
  items: z
    .array(
      z.strictObject({
        productId: line({ error: 'Give the id of a product.', max: 64 }),
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
  delivery: z
    .strictObject({
      name: addressLine('Give the name of the recipient.'),
      street: addressLine('Give street and number.'),
      postalCode: addressLine('Give the postal code.'),
      city: addressLine('Give the city.'),
      country: z
        .string({ error: 'Give the country.' })
        .regex(/^[A-Z]{2}$/, 'Give two letters (ISO 3166), such as DE.'),
    })
    .optional(),
});
type OrderBody = z.output<typeof orderBody>;

const listQuery = z.strictObject({
  ...pageQuery(pageKeys.age),
  /** The owner of the orders. Only administrators may give another user. */
  user: z.string().max(256, 'A user id has at most 256 characters.').optional(),
});

/** What the routes of orders need. */
export interface OrderPorts {
  readonly database: Database;
  readonly priceOf: GetPrice;
  readonly recordEvent: RecordEvent;
  readonly newId: () => string;
  readonly time: () => Date;
  /** Called when an order is stored and its saga may start. */
  readonly onPlaced: () => void;
}

/** Routes for orders. The owner and administrators have access; for other callers an order does not exist. */
export function orderRoutes(ports: OrderPorts): (app: ServiceApp) => void {
  return (app) => {
    app.get(
      '/api/orders',
      describeOperation({ summary: 'Orders, newest first.', query: listQuery }),
      async (c) => {
        const { userId, isAdmin } = c.var.caller;
        if (userId === null && !isAdmin) return noUser(c);
        const query = readQuery(c, listQuery);
        if (query.kind === 'invalid') return query.answer;
        const { user = isAdmin ? null : userId, ...page } = query.value;
        if (user !== null && !mayAccess(c.var.caller, user)) {
          return problem(c, 403, 'Only the owner and administrators may list the orders of a user.');
        }
        const orders = await listOrders(ports.database, user, page);
        return representation(c, { ...orders, items: orders.items.map(withoutClientSecret) });
      },
    );

    // `/v2/orders` is the current shape. The gateway converts requests of version 1 to it.
    for (const path of ['/api/orders', '/v2/orders']) {
      app.get(`${path}/:id`, describeOperation({ summary: 'One order.' }), async (c) => {
        const order = await getOrder(ports.database, c.req.param('id'));
        if (order === null || !mayAccess(c.var.caller, order.userId)) {
          return problem(c, 404, `Order ${c.req.param('id')} does not exist, or belongs to another user.`);
        }
        const isOwner = order.userId === c.var.caller.userId;
        return representation(c, isOwner ? order : withoutClientSecret(order));
      });

      app.post(
        path,
        describeOperation({ summary: 'Place an order.', body: orderBody, status: 201 }),
        async (c) => {
          const { userId } = c.var.caller;
          if (userId === null) return noUser(c);
          const body = await readBody(c, orderBody);
          if (body.kind === 'invalid') return body.answer;
          const write = { database: ports.database, owner: userId, request: body.value };
          const stored = await findStoredResponse(c, write);
          if (stored !== null) return stored;
          const priced = await priceItems(body.value, ports.priceOf);
          if (priced.kind === 'unavailable') {
            return problem(c, 503, 'The product service is unavailable. Try again later.', {
              headers: { 'retry-after': '2' },
            });
          }
          if (priced.kind === 'faulty') {
            return problem(c, 422, 'The order cannot be placed. See errors.', { errors: priced.errors });
          }
          const answer = await runOnceInDatabase(c, write, async (transaction) => {
            const order = newOrder(userId, priced.items, body.value, ports);
            await placeOrder(transaction, order, ports.recordEvent);
            return representation(c, order, 201, { location: `${path}/${order.id}` });
          });
          ports.onPlaced();
          return answer;
        },
      );
    }
  };
}

function newOrder(
  userId: string,
  items: readonly OrderItem[],
  { delivery }: OrderBody,
  { newId, time }: OrderPorts,
): Order {
  return {
    id: `order-${newId()}`,
    userId,
    status: 'created',
    items,
    // All items have one currency.
    total: { amount: amountOf(items), currency: items[0]?.unitPrice.currency ?? 'EUR' },
    createdAt: time().toISOString(),
    ...(delivery === undefined ? {} : { delivery }),
  };
}

/** The total of the items in minor units. */
function amountOf(items: readonly OrderItem[]): number {
  return items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0);
}

type Priced =
  | { readonly kind: 'priced'; readonly items: readonly OrderItem[] }
  | { readonly kind: 'faulty'; readonly errors: readonly Fault[] }
  | { readonly kind: 'unavailable' };

/** Reads the prices of all items in parallel. */
async function priceItems({ items }: OrderBody, priceOf: GetPrice): Promise<Priced> {
  const answers = await Promise.all(items.map(({ productId }) => priceOf(productId)));
  const priced: OrderItem[] = [];
  const errors: Fault[] = [];
  for (const [index, { productId, quantity }] of items.entries()) {
    const pointer = `/items/${index}/productId`;
    const answer = answers[index];
    if (items.findIndex((item) => item.productId === productId) < index) {
      errors.push({ pointer, detail: 'is listed twice. Increase the quantity instead.' });
    } else if (answer?.kind === 'price') {
      priced.push({ productId, quantity, unitPrice: answer.price });
    } else if (answer?.kind === 'unknown') {
      errors.push({ pointer, detail: `Product ${productId} does not exist.` });
    } else {
      return { kind: 'unavailable' };
    }
  }
  if (errors.length > 0) return { kind: 'faulty', errors };
  const currencies = new Set(priced.map(({ unitPrice }) => unitPrice.currency));
  if (currencies.size > 1) {
    const detail = `has prices in ${[...currencies].join(' and ')}. Place one order per currency.`;
    return { kind: 'faulty', errors: [{ pointer: '/items', detail }] };
  }
  if (!Number.isSafeInteger(amountOf(priced))) {
    return {
      kind: 'faulty',
      errors: [{ pointer: '/items', detail: 'costs more than the maximum of one order.' }],
    };
  }
  return { kind: 'priced', items: priced };
}

function noUser(c: ServiceContext): Response {
  return problem(c, 403, 'An order belongs to a user. Call with the identity of a user.');
}
