import * as z from 'zod';
import type { Publish } from '../events/publish.ts';
import type { ServiceApp, ServiceContext } from '../http/app.ts';
import { type IdempotencyStore, once } from '../http/idempotency.ts';
import { readBody } from '../http/input.ts';
import { problem } from '../http/problem.ts';
import { representation } from '../http/representation.ts';
import type { InventoryStore } from './inventory.ts';

/** At most a lorry of them, so that a slip of a supplier's keyboard is refused. */
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

export interface InventoryPorts {
  readonly inventory: InventoryStore;
  readonly idempotency: IdempotencyStore;
  readonly publish: Publish;
  readonly newId: () => string;
}

/** Stock, its deliveries and its reservations. A reservation is its maker's: a user's, or that of a client without one. */
export function inventoryRoutes(ports: InventoryPorts): (app: ServiceApp) => void {
  return (app) => {
    app.get('/api/inventory/:id', async (c) => {
      const level = await ports.inventory.level(c.req.param('id'));
      return level === null ? unknownProduct(c, c.req.param('id')) : representation(c, level);
    });

    app.post('/api/inventory/:id/reservations', async (c) => {
      const ownerId = ownerOf(c);
      if (ownerId === null) return noOwner(c);
      const body = await readBody(c, reservationBody);
      if (body.kind === 'invalid') return body.answer;
      const wanted = { productId: c.req.param('id'), quantity: body.value.quantity };
      return once(c, ports.idempotency, ownerId, wanted, () => reserve(c, { ...wanted, ownerId }, ports));
    });

    app.post('/api/inventory/:id/deliveries', async (c) => {
      const body = await readBody(c, deliveryBody);
      if (body.kind === 'invalid') return body.answer;
      const id = c.req.param('id');
      const level = await ports.inventory.deliver(id, body.value.quantity);
      if (level === null) return unknownProduct(c, id);
      ports.publish('inventory.updated', id, { ...level, cause: 'delivered' });
      return representation(c, level);
    });

    app.delete('/api/inventory/:id/reservations/:reservationId', async (c) => {
      const ownerId = ownerOf(c);
      if (ownerId === null) return noOwner(c);
      const { id, reservationId } = c.req.param();
      const outcome = await ports.inventory.release(id, reservationId, ownerId);
      if (outcome.kind === 'not-held')
        return problem(c, 404, 'You hold no such reservation, or it has expired.');
      ports.publish('inventory.updated', id, { ...outcome.level, cause: 'released' });
      return c.body(null, 204);
    });
  };
}

/** Gives the stock of expired reservations back and tells of it; to be run every few seconds. */
export async function sweepReservations({ inventory, publish }: InventoryPorts): Promise<void> {
  for (const level of await inventory.sweep()) {
    publish('inventory.updated', level.productId, { ...level, cause: 'expired' });
  }
}

async function reserve(
  c: ServiceContext,
  wanted: { readonly productId: string; readonly quantity: number; readonly ownerId: string },
  ports: InventoryPorts,
): Promise<Response> {
  const outcome = await ports.inventory.reserve({ id: `reservation-${ports.newId()}`, ...wanted });
  if (outcome.kind === 'unknown-product') return unknownProduct(c, wanted.productId);
  if (outcome.kind === 'short') {
    return problem(c, 409, `Only ${outcome.level.available} of ${wanted.productId} can be reserved now.`);
  }
  const { id, productId, quantity, expiresAtMs } = outcome.reservation;
  ports.publish('inventory.updated', productId, { ...outcome.level, cause: 'reserved' });
  const answer = { id, productId, quantity, expiresAt: new Date(expiresAtMs).toISOString() };
  return representation(c, answer, 201, {
    location: `/api/inventory/${encodeURIComponent(productId)}/reservations/${id}`,
  });
}

/** Prefixed, so that no user can be named like a client. */
function ownerOf(c: ServiceContext): string | null {
  const { userId, clientId } = c.var.caller;
  if (userId !== null) return `user:${userId}`;
  return clientId === null ? null : `client:${clientId}`;
}

function noOwner(c: ServiceContext): Response {
  return problem(c, 403, 'A reservation belongs to a user or a client, and this call carries neither.');
}

function unknownProduct(c: ServiceContext, id: string): Response {
  return problem(c, 404, `There is no product ${id}.`);
}
