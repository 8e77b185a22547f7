import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { testShop } from '../testing/shop.ts';
import { claimDue } from './order-store.ts';
import { takeStep } from './saga.ts';
import { takeDueSteps } from './saga-steps.ts';
import { sagaDriver, total } from './testing/saga-driver.ts';

describe.runIf(hasPostgres)(`the sagas of all orders${postgresNote}`, () => {
  const shop = testShop();
  const {
    deliver,
    deliverEvents,
    eventTypesOf,
    level,
    makeDue,
    orderOf,
    place,
    receiveWebhook,
    saga,
    takeAllSteps,
    webhook,
  } = sagaDriver(shop);

  /** One event in the history of a shop. */
  const occurrence = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('place-order' as const),
        quantity: fc.integer({ min: 1, max: 12 }),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('take-steps' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({
        kind: fc.constantFrom('crash' as const, 'make-due' as const, 'deliver-events' as const),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('webhook' as const),
        pick: fc.nat(9),
        type: fc.constantFrom('succeeded', 'payment_failed', 'canceled'),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('outage' as const),
        service: fc.constantFrom('inventory', 'payment'),
        ends: fc.boolean(),
      }),
    },
  );

  test('ends every order either paid and confirmed, or unpaid and released, after any history', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(occurrence, { minLength: 15, maxLength: 40 }), async (history) => {
        const ids: string[] = [];
        let sold = 0;
        for (const next of history) {
          switch (next.kind) {
            case 'place-order':
              ids.push(await place(next.quantity));
              break;
            case 'take-steps':
              await takeDueSteps(saga());
              break;
            case 'crash':
              // The downstream calls of the step take effect, but the process stops before it stores the transition.
              for (const order of await claimDue(shop().orders, 1)) await takeStep(order, saga(), false);
              break;
            case 'make-due':
              await makeDue();
              break;
            case 'deliver-events':
              await deliverEvents(2);
              break;
            case 'webhook': {
              const id = ids[next.pick % Math.max(1, ids.length)];
              if (id !== undefined) await receiveWebhook(await webhook(id, `payment_intent.${next.type}`));
              break;
            }
            default:
              if (next.ends) shop().unavailable.delete(next.service);
              else shop().unavailable.add(next.service);
          }
        }
        shop().unavailable.clear();
        for (let round = 0; round < 6; round += 1) {
          await deliverEvents();
          await makeDue();
          await takeAllSteps();
        }
        for (const id of ids) {
          const order = await orderOf(id);
          const [payment] = await shop().payments.query<{ status: string }>(
            'select status from payments where order_id = $1',
            [id],
          );
          expect(['confirmed', 'released', 'rejected']).toContain(order.status);
          // An order is confirmed if and only if its payment is kept.
          expect(payment?.status === 'succeeded').toBe(order.status === 'confirmed');
          const types = await eventTypesOf(id);
          expect(types).toEqual([
            'orders.created',
            order.status === 'confirmed' ? 'orders.confirmed' : 'orders.failed',
          ]);
          if (order.status === 'confirmed') sold += order.items[0]?.quantity ?? 0;
        }
        expect(await level()).toMatchObject({ available: total - sold, reserved: 0 });
        if (sold > 0) {
          await deliver(sold);
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
