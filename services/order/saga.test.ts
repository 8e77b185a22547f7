import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { holdSeconds, holdStepSeconds } from '../inventory/stock.ts';
import { admin, alice } from '../testing/services.ts';
import { send, testShop } from '../testing/shop.ts';
import { sagaDriver, total } from './testing/saga-driver.ts';

describe.runIf(hasPostgres)(`the saga of an order${postgresNote}`, () => {
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
    takeAllSteps,
    webhook,
  } = sagaDriver(shop);

  test('shows the client secret of the payment to the owner of the order only', async () => {
    const id = await place(1);
    await takeAllSteps();
    const read = async (path: string, caller: Record<string, string>) =>
      await (await send(shop().order, { method: 'GET', path, headers: caller })).text();
    const secret = (await orderOf(id)).payment?.clientSecret ?? 'none';
    expect(await read(`/api/orders/${id}`, alice)).toContain(secret);
    expect(await read(`/api/orders/${id}`, admin)).toContain('"payment"');
    expect(await read(`/api/orders/${id}`, admin)).not.toContain(secret);
    expect(await read('/api/orders', alice)).not.toContain(secret);
    await receiveWebhook(await webhook(id, 'payment_intent.payment_failed'));
    await deliverEvents();
    await takeAllSteps();
  });

  test('confirms an order after its reservation and its payment', async () => {
    const id = await place(2);
    await takeAllSteps();
    expect(await orderOf(id)).toMatchObject({
      status: 'reserved',
      payment: { status: 'pending', intentId: expect.stringMatching(/^pi_/) as unknown },
    });
    expect(await level()).toMatchObject({ available: total - 2, reserved: 2 });
    await receiveWebhook(await webhook(id, 'payment_intent.succeeded'));
    await deliverEvents();
    expect(await orderOf(id)).toMatchObject({ status: 'paid', payment: { status: 'succeeded' } });
    await takeAllSteps();
    expect((await orderOf(id)).status).toBe('confirmed');
    expect(await level()).toMatchObject({ available: total - 2, reserved: 0 });
    expect(await eventTypesOf(id)).toEqual(['orders.created', 'orders.confirmed']);
    await deliver(2);
  });

  test('rejects an order without enough stock, and opens no payment', async () => {
    const id = await place(total + 1);
    await takeAllSteps();
    expect(await orderOf(id)).toMatchObject({ status: 'rejected', reason: 'out_of_stock' });
    expect(await orderOf(id)).not.toHaveProperty('payment');
    expect(await eventTypesOf(id)).toEqual(['orders.created', 'orders.failed']);
  });

  test('releases the stock when the payment fails, and stores the reason', async () => {
    const id = await place(3);
    await takeAllSteps();
    await receiveWebhook(await webhook(id, 'payment_intent.payment_failed'));
    await deliverEvents(2);
    expect((await orderOf(id)).status).toBe('failed');
    await takeAllSteps();
    expect(await orderOf(id)).toMatchObject({
      status: 'released',
      reason: 'card_declined',
      payment: { status: 'canceled' },
    });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
    expect(await eventTypesOf(id)).toEqual(['orders.created', 'orders.failed']);
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
  ])('confirms the order after %s', async (_, types, status) => {
    const id = await place(1);
    await takeAllSteps();
    for (const type of types) await receiveWebhook(await webhook(id, type));
    await deliverEvents();
    await takeAllSteps();
    expect((await orderOf(id)).status).toBe(status);
    await deliver(1);
  });

  test('ignores a repeated webhook and a repeated event', async () => {
    const id = await place(1);
    await takeAllSteps();
    const event = await webhook(id, 'payment_intent.succeeded');
    expect([await receiveWebhook(event), await receiveWebhook(event)]).toEqual([true, false]);
    await receiveWebhook(await webhook(id, 'payment_intent.succeeded'));
    await deliverEvents(3);
    await takeAllSteps();
    expect(await eventTypesOf(id)).toEqual(['orders.created', 'orders.confirmed']);
    await deliver(1);
  });

  test('cancels an unpaid order one minute before its hold expires', async () => {
    const id = await place(4);
    await takeAllSteps();
    const [{ due } = { due: 0 }] = await shop().orders.query<{ due: number }>(
      'select extract(epoch from held_until - next_step_at)::int as due from orders where id = $1',
      [id],
    );
    expect(due).toBe(60);
    await makeDue();
    await takeAllSteps();
    expect(await orderOf(id)).toMatchObject({ status: 'released', reason: 'not_paid_in_time' });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  test('refunds a payment that arrives after the order has ended', async () => {
    const id = await place(1);
    await takeAllSteps();
    await makeDue();
    await takeAllSteps();
    await receiveWebhook(await webhook(id, 'payment_intent.succeeded'));
    await deliverEvents();
    await takeAllSteps();
    expect(await orderOf(id)).toMatchObject({ status: 'released', payment: { status: 'refunded' } });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  test('refunds a payment when the hold has expired and the stock is sold', async () => {
    const id = await place(total);
    await takeAllSteps();
    shop().advance((holdSeconds + holdStepSeconds) * 1_000);
    const other = await place(1);
    await takeAllSteps();
    await receiveWebhook(await webhook(id, 'payment_intent.succeeded'));
    await receiveWebhook(await webhook(other, 'payment_intent.succeeded'));
    await deliverEvents();
    await takeAllSteps();
    expect((await orderOf(other)).status).toBe('confirmed');
    expect(await orderOf(id)).toMatchObject({
      status: 'released',
      reason: 'out_of_stock',
      payment: { status: 'refunded' },
    });
    await deliver(1);
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });

  test('retries later while a service is unavailable', async () => {
    shop().unavailable.add('inventory');
    const id = await place(1);
    await takeAllSteps();
    const [{ pause } = { pause: 0 }] = await shop().orders.query<{ pause: number }>(
      'select extract(epoch from next_step_at - now())::float as pause from orders where id = $1',
      [id],
    );
    expect(pause).toBeGreaterThan(0);
    expect((await orderOf(id)).status).toBe('created');
    shop().unavailable.delete('inventory');
    await makeDue();
    await takeAllSteps();
    expect((await orderOf(id)).status).toBe('reserved');
    await makeDue();
    await takeAllSteps();
  });

  test('continues after the clock was set back, and waits for a payment no longer than a hold', async () => {
    const [waiting, stuck] = [await place(1), await place(1)];
    await takeAllSteps();
    await shop().orders.query(
      "update orders set next_step_at = next_step_at + interval '1 hour' where id = $1",
      [waiting],
    );
    await shop().orders.query(
      "update orders set status = 'failed', next_step_at = now() + interval '1 hour' where id = $1",
      [stuck],
    );
    await takeAllSteps();
    expect((await orderOf(stuck)).status).toBe('released');
    expect((await orderOf(waiting)).status).toBe('reserved');
    const [{ due } = { due: 0 }] = await shop().orders.query<{ due: number }>(
      'select extract(epoch from next_step_at - now())::int as due from orders where id = $1',
      [waiting],
    );
    expect(due).toBeLessThanOrEqual(holdSeconds);
    await makeDue();
    await takeAllSteps();
  });

  test('releases an order whose payment is refused, and stores the reason', async () => {
    const id = await place(2);
    await shop().orders.query('update orders set total_amount = 0 where id = $1', [id]);
    await takeAllSteps();
    expect(await orderOf(id)).toMatchObject({ status: 'released', reason: 'payment_refused' });
    expect(await level()).toMatchObject({ available: total, reserved: 0 });
  });
});
