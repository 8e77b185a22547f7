import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvent, type ShopEvent } from '../../runtime/events/cloud-event.ts';
import type { EventData } from '../../runtime/events/event-data.ts';
import { stripeSample } from '../../runtime/webhooks/webhook-samples.ts';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { holdSeconds, holdStepSeconds } from '../inventory/stock.ts';
import { handleWebhook } from '../payment/payments.ts';
import type { PaymentIntent } from '../payment/provider.ts';
import { processOnce } from '../platform/outbox/inbox.ts';
import { createRecordEvent } from '../platform/outbox/outbox.ts';
import { admin, alice } from '../testing/services.ts';
import { send, testShop } from '../testing/shop.ts';
import { paymentsOf, stockOf } from './downstreams.ts';
import type { Order } from './order.ts';
import { claimDue, getOrder } from './order-store.ts';
import { takeStep } from './saga.ts';
import { handlePaymentEvent, takeDueSteps } from './saga-steps.ts';

const product = 'origami-fold-3';
const total = 25;

describe.runIf(hasPostgres)(`the saga of an order${postgresNote}`, () => {
  const shop = testShop();
  const saga = () => ({
    database: shop().orders,
    recordEvent: createRecordEvent(shop().ports),
    log: shop().ports.log,
    reportManualIntervention: shop().ports.reportManualIntervention,
    stock: stockOf(shop().ports.call('inventory')),
    payments: paymentsOf(shop().ports.call('payment')),
  });

  const place = async (quantity: number): Promise<string> => {
    const answer = await send(shop().order, 'POST', '/api/orders', alice, {
      items: [{ productId: product, quantity }],
    });
    expect(answer.status).toBe(201);
    return ((await answer.json()) as Order).id;
  };
  const orderOf = async (id: string): Promise<Order> => {
    const order = await getOrder(shop().orders, id);
    if (order === null) throw new Error(`no order ${id}`);
    return order;
  };
  const level = async () =>
    (await (await send(shop().inventory, 'GET', `/api/inventory/${product}`)).json()) as {
      available: number;
      reserved: number;
    };
  /** Lets every order go on at once, whenever its next step is. */
  const hurry = () =>
    shop().orders.query('update orders set next_step_at = now() where next_step_at is not null');
  const settle = async () => {
    for (let steps = 0; steps < 50 && (await takeDueSteps(saga())) > 0; steps += 1);
  };

  let webhooks = 0;
  /** As Stripe tells of the intent of an order, which is its own and over its total. */
  const webhook = async (
    orderId: string,
    eventType: string,
    id = `evt_${++webhooks}`,
  ): Promise<ShopEvent> => {
    const [found] = await shop().payments.query<{ intent: PaymentIntent }>(
      "select intent from fake_intents where intent->'metadata'->>'order_id' = $1",
      [orderId],
    );
    const { id: intentId, amount, currency } = found?.intent ?? { id: 'pi_none', amount: 1, currency: 'eur' };
    const payment = { intentId, amount, currency };
    const body = stripeSample(eventType, { eventId: id, orderId, now: 0, payment });
    return createEvent({
      id,
      source: '/gateway/webhooks',
      type: 'payments.webhook',
      subject: intentId,
      timeMs: 0,
      data: {
        provider: 'stripe',
        eventId: id,
        eventType,
        receivedAt: '2026-11-20T12:00:00.000Z',
        body: body as Readonly<Record<string, unknown>>,
      } satisfies EventData['payments.webhook'],
    }) as ShopEvent;
  };
  const receive = (event: ShopEvent) =>
    processOnce(shop().payments, event, async (transaction) => {
      await handleWebhook(transaction, event, {
        recordEvent: createRecordEvent(shop().ports),
        livemode: false,
      });
    });
  /** Carries the payment service's events to the order service, `times` over. */
  const carry = async (times = 1) => {
    const rows = await shop().payments.query<{ event: ShopEvent }>('select event from outbox order by id');
    for (let time = 0; time < times; time += 1) {
      for (const { event } of rows) {
        await processOnce(shop().orders, event, async (transaction) => {
          await handlePaymentEvent(transaction, event, saga());
        });
      }
    }
    await shop().payments.query('delete from outbox');
  };
  const saidOf = async (id: string) =>
    (
      await shop().orders.query<{ type: string }>(
        "select event->>'type' as type from outbox where key = $1 order by id",
        [id],
      )
    ).map(({ type }) => type);

  test('tells what to pay with to its owner alone', async () => {
    const id = await place(1);
    await settle();
    const seen = async (path: string, caller: Record<string, string>) =>
      await (await send(shop().order, 'GET', path, caller)).text();
    const secret = (await orderOf(id)).payment?.clientSecret ?? 'none';
    expect(await seen(`/api/orders/${id}`, alice)).toContain(secret);
    expect(await seen(`/api/orders/${id}`, admin)).toContain('"payment"');
    expect(await seen(`/api/orders/${id}`, admin)).not.toContain(secret);
    expect(await seen('/api/orders', alice)).not.toContain(secret);
    await receive(await webhook(id, 'payment_intent.payment_failed'));
    await carry();
    await settle();
  });

  test('goes from the reservation by the payment to the confirmation', async () => {
    const id = await place(2);
    await settle();
    expect(await orderOf(id)).toMatchObject({
      status: 'reserved',
      payment: { status: 'pending', intentId: expect.stringMatching(/^pi_/) as unknown },
    });
    expect(await level()).toMatchObject({ available: total - 2, reserved: 2 });
    await receive(await webhook(id, 'payment_intent.succeeded'));
    await carry();
    expect(await orderOf(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
    await settle();
    expect((await orderOf(id)).status).toBe('confirmed');
    expect(await level()).toMatchObject({ available: total - 2, reserved: 0 });
    expect(await saidOf(id)).toEqual(['orders.created', 'orders.confirmed']);
    await send(shop().inventory, 'POST', `/api/inventory/${product}/deliveries`, {}, { quantity: 2 });
  });

  test('rejects what is not there, and asks nobody for money', async () => {
    const id = await place(total + 1);
    await settle();
    expect(await orderOf(id)).toMatchObject({ status: 'rejected', reason: 'out_of_stock' });
    expect(await orderOf(id)).not.toHaveProperty('payment');
    expect(await saidOf(id)).toEqual(['orders.created', 'orders.failed']);
  });

  test('gives the stock back when the payment fails, and says why', async () => {
    const id = await place(3);
    await settle();
    await receive(await webhook(id, 'payment_intent.payment_failed'));
    await carry(2);
    expect((await orderOf(id)).status).toBe('failed');
    await settle();
    expect(await orderOf(id)).toMatchObject({
      status: 'released',
      reason: 'card_declined',
      payment: { status: 'canceled' },
    });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
    expect(await saidOf(id)).toEqual(['orders.created', 'orders.failed']);
  });

  test.each([
    [
      'a failure after the success',
      ['payment_intent.succeeded', 'payment_intent.payment_failed'],
      'confirmed',
    ],
    [
      'a success after the failure',
      ['payment_intent.payment_failed', 'payment_intent.succeeded'],
      'confirmed',
    ],
  ])('%s: success wins, in whatever order they come', async (_, types, status) => {
    const id = await place(1);
    await settle();
    for (const type of types) await receive(await webhook(id, type));
    await carry();
    await settle();
    expect((await orderOf(id)).status).toBe(status);
    await send(shop().inventory, 'POST', `/api/inventory/${product}/deliveries`, {}, { quantity: 1 });
  });

  test('a repeated webhook and a repeated event change nothing', async () => {
    const id = await place(1);
    await settle();
    const event = await webhook(id, 'payment_intent.succeeded');
    expect([await receive(event), await receive(event)]).toEqual([true, false]);
    await receive(await webhook(id, 'payment_intent.succeeded'));
    await carry(3);
    await settle();
    expect(await saidOf(id)).toEqual(['orders.created', 'orders.confirmed']);
    await send(shop().inventory, 'POST', `/api/inventory/${product}/deliveries`, {}, { quantity: 1 });
  });

  test('an order that nobody pays is called off before its stock comes free', async () => {
    const id = await place(4);
    await settle();
    const [{ due } = { due: 0 }] = await shop().orders.query<{ due: number }>(
      'select extract(epoch from held_until - next_step_at)::int as due from orders where id = $1',
      [id],
    );
    expect(due).toBe(60);
    await hurry();
    await settle();
    expect(await orderOf(id)).toMatchObject({ status: 'released', reason: 'not_paid_in_time' });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  test('money that comes after the order is over goes back', async () => {
    const id = await place(1);
    await settle();
    await hurry();
    await settle();
    await receive(await webhook(id, 'payment_intent.succeeded'));
    await carry();
    await settle();
    expect(await orderOf(id)).toMatchObject({ status: 'released', payment: { status: 'refunded' } });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  test('money for stock that has expired and been sold since goes back', async () => {
    const id = await place(total);
    await settle();
    shop().advance((holdSeconds + holdStepSeconds) * 1_000);
    const other = await place(1);
    await settle();
    await receive(await webhook(id, 'payment_intent.succeeded'));
    await receive(await webhook(other, 'payment_intent.succeeded'));
    await carry();
    await settle();
    expect((await orderOf(other)).status).toBe('confirmed');
    expect(await orderOf(id)).toMatchObject({
      status: 'released',
      reason: 'out_of_stock',
      payment: { status: 'refunded' },
    });
    await send(shop().inventory, 'POST', `/api/inventory/${product}/deliveries`, {}, { quantity: 1 });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  test('waits for a service that is away, longer each time', async () => {
    shop().unavailable.add('inventory');
    const id = await place(1);
    await settle();
    const [{ pause } = { pause: 0 }] = await shop().orders.query<{ pause: number }>(
      'select extract(epoch from next_step_at - now())::float as pause from orders where id = $1',
      [id],
    );
    expect(pause).toBeGreaterThan(0);
    expect((await orderOf(id)).status).toBe('created');
    shop().unavailable.delete('inventory');
    await hurry();
    await settle();
    expect((await orderOf(id)).status).toBe('reserved');
    await hurry();
    await settle();
  });

  test('goes on at once after the clock was set back, and waits for a payment no longer than a hold', async () => {
    const [waiting, stuck] = [await place(1), await place(1)];
    await settle();
    await shop().orders.query(
      "update orders set next_step_at = next_step_at + interval '1 hour' where id = $1",
      [waiting],
    );
    await shop().orders.query(
      "update orders set status = 'failed', next_step_at = now() + interval '1 hour' where id = $1",
      [stuck],
    );
    await settle();
    expect((await orderOf(stuck)).status).toBe('released');
    expect((await orderOf(waiting)).status).toBe('reserved');
    const [{ due } = { due: 0 }] = await shop().orders.query<{ due: number }>(
      'select extract(epoch from next_step_at - now())::int as due from orders where id = $1',
      [waiting],
    );
    expect(due).toBeLessThanOrEqual(holdSeconds);
    await hurry();
    await settle();
  });

  test('of what costs nothing fails with its reason, and its stock is free', async () => {
    const id = await place(2);
    await shop().orders.query('update orders set total_amount = 0 where id = $1', [id]);
    await settle();
    expect(await orderOf(id)).toMatchObject({ status: 'released', reason: 'payment_refused' });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  /** What may happen to orders, in any order. */
  const happening = fc.oneof(
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('place' as const),
        quantity: fc.integer({ min: 1, max: 12 }),
      }),
    },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('step' as const) }) },
    {
      weight: 5,
      arbitrary: fc.record({ kind: fc.constantFrom('die' as const, 'hurry' as const, 'carry' as const) }),
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

  test('whatever happens in whatever order, money and goods agree in the end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { minLength: 15, maxLength: 40 }), async (happenings) => {
        const ids: string[] = [];
        let sold = 0;
        for (const next of happenings) {
          switch (next.kind) {
            case 'place':
              ids.push(await place(next.quantity));
              break;
            case 'step':
              await takeDueSteps(saga());
              break;
            case 'die':
              // Takes the step everywhere else, and ends before it is noted here.
              for (const order of await claimDue(shop().orders, 1)) await takeStep(order, saga(), false);
              break;
            case 'hurry':
              await hurry();
              break;
            case 'carry':
              await carry(2);
              break;
            case 'webhook': {
              const id = ids[next.pick % Math.max(1, ids.length)];
              if (id !== undefined) await receive(await webhook(id, `payment_intent.${next.type}`));
              break;
            }
            default:
              if (next.ends) shop().unavailable.delete(next.service);
              else shop().unavailable.add(next.service);
          }
        }
        shop().unavailable.clear();
        for (let round = 0; round < 6; round += 1) {
          await carry();
          await hurry();
          await settle();
        }
        for (const id of ids) {
          const order = await orderOf(id);
          const [payment] = await shop().payments.query<{ status: string }>(
            'select status from payments where order_id = $1',
            [id],
          );
          expect(['confirmed', 'released', 'rejected']).toContain(order.status);
          // Who has the goods has paid, and whose money is kept has the goods.
          expect(payment?.status === 'succeeded').toBe(order.status === 'confirmed');
          const said = await saidOf(id);
          expect(said).toEqual([
            'orders.created',
            order.status === 'confirmed' ? 'orders.confirmed' : 'orders.failed',
          ]);
          if (order.status === 'confirmed') sold += order.items[0]?.quantity ?? 0;
        }
        expect(await level()).toMatchObject({ available: total - sold, reserved: 0 });
        if (sold > 0) {
          await send(
            shop().inventory,
            'POST',
            `/api/inventory/${product}/deliveries`,
            {},
            { quantity: sold },
          );
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);
});
