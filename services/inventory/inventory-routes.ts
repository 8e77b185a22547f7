import * as z from 'zod';
import { NO_VALUE } from '../../runtime/contracts/gateway-contract.ts';
import type { Database, Queries } from '../platform/database/database.ts';
import { runOnceInDatabase } from '../platform/database/database-idempotency.ts';
import { readBody } from '../platform/http/input.ts';
import { describeOperation } from '../platform/http/openapi.ts';
import { problem } from '../platform/http/problem.ts';
import { representation } from '../platform/http/representation.ts';
import type { ServiceApp, ServiceContext } from '../platform/http/service-app.ts';
import { encodeSegment } from '../platform/http/text-rules.ts';
import type { Inventory } from './inventory.ts';

/** The maximum catches typing errors of suppliers. */
const deliveryBody = z.strictObject({
  quantity: z
    .number({ error: 'Give a whole number.' })
    .int('Give a whole number.')
    .min(1, 'Deliver at least 1.')
    .max(10_000, 'Deliver at most 10000 at once.'),
});

const reservationBody = z.strictObject({
  quantity: z
    .number({ error: 'Give a whole number.' })
    .int('Give a whole number.')
    .min(1, 'Reserve at least 1.')
    .max(99, 'Reserve at most 99 at once.'),
});

/** What the routes of the inventory need. */
export interface InventoryRoutePorts {
  readonly inventory: Inventory;
  readonly database: Database;
  readonly newId: () => string;
  /** Called when there are events to publish. */
  readonly onRecorded: () => void;
}

/** Routes for stock, deliveries and reservations. A reservation belongs to the calling user, or client without a user. */
export function inventoryRoutes(ports: InventoryRoutePorts): (app: ServiceApp) => void {
  return (app) => {
    app.get(
      '/api/inventory/:id',
      describeOperation({ summary: 'The available and reserved units of a product.' }),
      async (c) => {
        const level = await ports.inventory.level(c.req.param('id'));
        return level === null ? unknownProduct(c, c.req.param('id')) : representation(c, level);
      },
    );

    app.post(
      '/api/inventory/:id/reservations',
      describeOperation({
        summary: 'Hold stock for 15 minutes.',
        body: reservationBody,
        status: 201,
      }),
      async (c) => {
        const ownerId = ownerOf(c);
        if (ownerId === null) return noOwner(c);
        const body = await readBody(c, reservationBody);
        if (body.kind === 'invalid') return body.answer;
        const wanted = { productId: c.req.param('id'), quantity: body.value.quantity };
        const answer = await runOnceInDatabase(
          c,
          { database: ports.database, owner: ownerId, request: wanted },
          (transaction) => reserve(c, { ...wanted, ownerId }, transaction, ports),
        );
        if (answer.ok) ports.onRecorded();
        return answer;
      },
    );

    app.post(
      '/api/inventory/:id/deliveries',
      describeOperation({ summary: 'Add to the stock.', body: deliveryBody }),
      async (c) => {
        const body = await readBody(c, deliveryBody);
        if (body.kind === 'invalid') return body.answer;
        const id = c.req.param('id');
        const { quantity } = body.value;
        const answer = await runOnceInDatabase(
          c,
          { database: ports.database, owner: ownerOf(c) ?? NO_VALUE, request: quantity },
          async (transaction) => {
            const level = await ports.inventory.deliver(transaction, id, quantity);
            return level === null ? unknownProduct(c, id) : representation(c, level);
          },
        );
        if (answer.ok) {
          ports.onRecorded();
          // While the limit store is unavailable, `expireReservations` loads the change later.
          await ports.inventory.refresh([id]).catch(() => {});
        }
        return answer;
      },
    );

    app.delete(
      '/api/inventory/:id/reservations/:reservationId',
      describeOperation({ summary: 'Release a reservation.', status: 204 }),
      async (c) => {
        const ownerId = ownerOf(c);
        if (ownerId === null) return noOwner(c);
        const outcome = await ports.inventory.release(c.req.param('reservationId'), {
          ownerId,
          productId: c.req.param('id'),
        });
        return outcome.kind === 'released'
          ? c.body(null, 204)
          : problem(c, 404, 'You hold no reservation with this id, or it has expired.');
      },
    );
  };
}

async function reserve(
  c: ServiceContext,
  wanted: { readonly productId: string; readonly quantity: number; readonly ownerId: string },
  transaction: Queries,
  { inventory, newId }: InventoryRoutePorts,
): Promise<Response> {
  const { ownerId, productId, quantity } = wanted;
  const id = `reservation-${newId()}`;
  const lines = [{ productId, quantity }];
  const outcome = await inventory.hold({ id, orderId: null, ownerId, lines }, transaction);
  if (outcome.kind === 'too-much') {
    const detail = `You may hold at most ${outcome.max} units at once and hold ${outcome.held}. Release some, or wait until they expire.`;
    return problem(c, 409, detail);
  }
  if (outcome.kind === 'short') {
    const [level] = outcome.levels;
    return level === undefined
      ? unknownProduct(c, productId)
      : problem(c, 409, `Only ${level.available} of ${productId} can be reserved now.`);
  }
  const answer = { id, productId, quantity, expiresAt: new Date(outcome.expiresAtMs).toISOString() };
  return representation(c, answer, 201, {
    location: `/api/inventory/${encodeSegment(productId)}/reservations/${id}`,
  });
}

/** The owner of a reservation. The prefix keeps a user and a client with the same id apart. */
function ownerOf(c: ServiceContext): string | null {
  const { userId, clientId } = c.var.caller;
  if (userId !== null) return `user:${userId}`;
  return clientId === null ? null : `client:${clientId}`;
}

function noOwner(c: ServiceContext): Response {
  return problem(
    c,
    403,
    'A reservation belongs to a user or a client. Call with the identity of one of them.',
  );
}

function unknownProduct(c: ServiceContext, id: string): Response {
  return problem(c, 404, `Product ${id} does not exist.`);
}
