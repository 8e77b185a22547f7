import { expect } from 'vitest';
import { createEvent, type ShopEvent } from '../../../runtime/events/cloud-event.ts';
import type { EventData } from '../../../runtime/events/event-data.ts';
import { stripeSample } from '../../../runtime/webhooks/webhook-samples.ts';
import { handleWebhook } from '../../payment/payments.ts';
import type { PaymentIntent } from '../../payment/provider.ts';
import { processOnce } from '../../platform/outbox/inbox.ts';
import { createRecordEvent } from '../../platform/outbox/outbox.ts';
import { alice } from '../../testing/services.ts';
import { send, type TestShop } from '../../testing/shop.ts';
import { paymentsOf, stockOf } from '../downstreams.ts';
import type { Order } from '../order.ts';
import { getOrder } from '../order-store.ts';
import { handlePaymentEvent, takeDueSteps } from '../saga-steps.ts';

/** The product that the tests order, and its units in the seed. */
const product = 'origami-fold-3';
export const total = 25;

/** Drives the sagas of a test shop step by step, with Stripe's webhooks and the events between the services. */
export function sagaDriver(shop: () => TestShop) {
  const saga = () => ({
    database: shop().orders,
    recordEvent: createRecordEvent(shop().ports),
    log: shop().ports.log,
    reportManualIntervention: shop().ports.reportManualIntervention,
    stock: stockOf(shop().ports.call('inventory')),
    payments: paymentsOf(shop().ports.call('payment')),
  });

  const place = async (quantity: number): Promise<string> => {
    const response = await send(shop().order, {
      method: 'POST',
      path: '/api/orders',
      headers: alice,
      body: { items: [{ productId: product, quantity }] },
    });
    expect(response.status).toBe(201);
    return ((await response.json()) as Order).id;
  };
  const orderOf = async (id: string): Promise<Order> => {
    const order = await getOrder(shop().orders, id);
    if (order === null) throw new Error(`no order ${id}`);
    return order;
  };
  const level = async () => {
    const response = await send(shop().inventory, { method: 'GET', path: `/api/inventory/${product}` });
    return (await response.json()) as { available: number; reserved: number };
  };
  const deliver = (quantity: number) =>
    send(shop().inventory, {
      method: 'POST',
      path: `/api/inventory/${product}/deliveries`,
      body: { quantity },
    });
  /** Makes the next step of every order due now. */
  const makeDue = () =>
    shop().orders.query('update orders set next_step_at = now() where next_step_at is not null');
  /** Takes the due steps of all orders, until none is due. */
  const takeAllSteps = async () => {
    for (let steps = 0; steps < 50 && (await takeDueSteps(saga())) > 0; steps += 1);
  };

  let webhooks = 0;
  /** Stripe's webhook about the payment intent of an order. */
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
  const receiveWebhook = (event: ShopEvent) =>
    processOnce(shop().payments, event, async (transaction) => {
      await handleWebhook(transaction, event, {
        recordEvent: createRecordEvent(shop().ports),
        livemode: false,
      });
    });
  /** Delivers the payment service's events to the order service, each of them `times` times. */
  const deliverEvents = async (times = 1) => {
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
  const eventTypesOf = async (id: string) =>
    (
      await shop().orders.query<{ type: string }>(
        "select event->>'type' as type from outbox where key = $1 order by id",
        [id],
      )
    ).map(({ type }) => type);

  return {
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
  };
}
