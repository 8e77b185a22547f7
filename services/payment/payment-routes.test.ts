import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { admin, alice, bob } from '../testing/services.ts';
import { send, testShop } from '../testing/shop.ts';

describe.runIf(hasPostgres)(`payments${postgresNote}`, () => {
  const shop = testShop();
  const call = (method: string, path: string, headers = {}, body?: unknown) =>
    send(shop().payment, { method, path, headers, body });
  const open = (orderId: string, amount = 5_000) =>
    call(
      'PUT',
      `/internal/payments/${orderId}`,
      {},
      { userId: 'alice', amount: { amount, currency: 'EUR' } },
    );
  interface Opened {
    readonly id: string;
    readonly intentId: string;
    readonly status: string;
  }

  test('shows a payment to its payer and to administrators, and answers 404 to others', async () => {
    const answer = await call('GET', '/api/payments/payment-1001', alice);
    expect(await answer.json()).toEqual({
      id: 'payment-1001',
      orderId: 'order-1001',
      userId: 'alice',
      status: 'succeeded',
      amount: { amount: 99_900, currency: 'EUR' },
      method: 'card',
      createdAt: '2026-10-02T09:13:10.000Z',
    });
    expect((await call('GET', '/api/payments/payment-1001', admin)).status).toBe(200);
    expect((await call('GET', '/api/payments/payment-1001', bob)).status).toBe(404);
    expect((await call('GET', '/api/payments/payment-1001')).status).toBe(404);
    expect((await call('GET', '/api/payments/none', alice)).status).toBe(404);
  });

  test('opens one payment per order, and refuses another amount with 409', async () => {
    const answers = await Promise.all([open('o-1'), open('o-1'), open('o-1')]);
    const opened = await Promise.all(answers.map((answer) => answer.json() as Promise<Opened>));
    expect(opened[0]).toMatchObject({
      status: 'pending',
      intentId: expect.stringMatching(/^pi_/) as unknown,
    });
    expect(new Set(opened.map(({ id, intentId }) => `${id} ${intentId}`)).size).toBe(1);
    expect((await open('o-1', 4_999)).status).toBe(409);
  });

  test('keeps a confirmed payment pending until the webhook, and answers 402 for a declined card', async () => {
    const { id } = (await (await open('o-2')).json()) as Opened;
    const confirm = (paymentMethod: string, caller = alice) =>
      call('POST', `/api/payments/${id}/confirm`, caller, { paymentMethod });
    expect((await confirm('pm_card_visa', bob)).status).toBe(404);
    expect((await confirm('4242424242424242')).status).toBe(422);
    const declined = await confirm('pm_card_chargeDeclined');
    expect(declined.status).toBe(402);
    expect(await declined.json()).toMatchObject({ detail: 'Your card was declined.' });
    const confirmed = await confirm('pm_card_visa');
    expect(await confirmed.json()).toMatchObject({ id, status: 'pending', intent: { status: 'processing' } });
  });

  test('repeats the response to a repeated confirmation, and refuses its key for another payment method', async () => {
    const { id, intentId } = (await (await open('o-5')).json()) as Opened;
    const confirm = (paymentMethod: string) =>
      call(
        'POST',
        `/api/payments/${id}/confirm`,
        { ...alice, 'idempotency-key': 'k'.repeat(255) },
        { paymentMethod },
      );
    const first = await (await confirm('pm_card_visa')).text();
    // A second call to the provider would fail.
    await shop().payments.query('delete from fake_intents where id = $1', [intentId]);
    const repeated = await confirm('pm_card_visa');
    expect([repeated.status, await repeated.text()]).toEqual([200, first]);
    expect((await confirm('pm_card_mastercard')).status).toBe(422);
  });

  test('cancels a payment that the provider refuses to open', async () => {
    await open('o-6');
    await shop().payments.query("update payments set intent_id = null, amount = 0 where order_id = 'o-6'");
    await shop().payments.query("delete from fake_calls where key = 'create-o-6'");
    const canceled = await call('POST', '/internal/payments/o-6/cancel');
    expect([canceled.status, await canceled.json()]).toEqual([
      200,
      expect.objectContaining({ status: 'canceled' }),
    ]);
  });

  test('keeps a canceled payment canceled, and refuses its confirmation with 409', async () => {
    const { id } = (await (await open('o-3')).json()) as Opened;
    for (const _ of [1, 2]) {
      const canceled = await call('POST', '/internal/payments/o-3/cancel');
      expect(await canceled.json()).toMatchObject({ status: 'canceled' });
    }
    const answer = await call('POST', `/api/payments/${id}/confirm`, alice, {
      paymentMethod: 'pm_card_visa',
    });
    expect(answer.status).toBe(409);
    // The order service requested the cancellation, so no event reports it.
    expect(await shop().payments.query("select 1 from outbox where key = 'o-3'")).toEqual([]);
  });

  test('refunds a payment that succeeded, once, and no other', async () => {
    await open('o-4');
    expect((await call('POST', '/internal/payments/o-4/refund')).status).toBe(409);
    await shop().payments.query("update payments set status = 'succeeded' where order_id = 'o-4'");
    for (const _ of [1, 2]) {
      expect(await (await call('POST', '/internal/payments/o-4/refund')).json()).toMatchObject({
        status: 'refunded',
      });
    }
    expect((await call('POST', '/internal/payments/none/refund')).status).toBe(404);
    expect((await call('POST', '/internal/payments/none/cancel')).status).toBe(404);
  });
});
