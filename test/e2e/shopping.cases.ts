import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { stripeSample } from '../../runtime/webhooks/webhook-samples.ts';
import { stripeSignature } from '../../runtime/webhooks/webhook-signatures.ts';
import { type Answer, send, sendWithRetry } from './client.ts';
import { bearer, type Running, skip, uniqueUser } from './running.ts';
import type { LocalControl } from './target.ts';

interface Order {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly total: { readonly amount: number; readonly currency: string };
  readonly payment?: { readonly id: string; readonly intentId: string; readonly status: string };
}

/** The journey of a shopper, from placing an order to its confirmation. */
export function shoppingCases(running: () => Running): void {
  const shopper = async () => {
    const { target } = running();
    const permissions = ['orders:*', 'payments:*', 'inventory:*'];
    const headers = [
      await bearer(target, { sub: uniqueUser(), permissions, plan: 'pro' }),
      ['Content-Type', 'application/json'],
    ] as const;
    const call = (method: string, path: string, body?: unknown): Promise<Answer> =>
      sendWithRetry(target.url, path, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const read = async (id: string) => (await call('GET', `/api/orders/${id}`)).json() as Order;
    return {
      call,
      order: async (productId: string, quantity = 1): Promise<Order> => {
        const answer = await call('POST', '/api/orders', { items: [{ productId, quantity }] });
        expect(answer.status).toBe(201);
        return answer.json() as Order;
      },
      /** Polls until the saga has brought the order into the expected state. */
      until: async (id: string, isReached: (order: Order) => boolean): Promise<Order> => {
        for (;;) {
          const order = await read(id);
          if (isReached(order)) return order;
          await sleep(100);
        }
      },
      available: async (productId: string) =>
        ((await call('GET', `/api/inventory/${productId}`)).json() as { available: number }).available,
    };
  };

  const here = (context: Parameters<typeof skip>[0]): LocalControl =>
    running().target.local ?? skip(context, 'Only a local run gives access to the webhook secret.');
  const pay = async (local: LocalControl, order: Order, type = 'payment_intent.succeeded') => {
    const id = `evt_${randomUUID().replaceAll('-', '')}`;
    const payment = { intentId: order.payment?.intentId ?? '', ...order.total };
    const body = JSON.stringify(
      stripeSample(type, { eventId: id, orderId: order.id, now: Date.now(), payment }),
    );
    const time = String(Math.floor(Date.now() / 1_000));
    const signature = stripeSignature(await local.webhookSecret('stripe'), time, Buffer.from(body));
    const answer = await send(running().target.url, '/api/payments/webhook', {
      method: 'POST',
      headers: [
        ['Content-Type', 'application/json'],
        ['Stripe-Signature', `t=${time},v1=${signature}`],
      ],
      body,
    });
    expect(answer.status).toBe(200);
  };

  describe('a shopper', () => {
    test('places an order, pays, and sees the order confirmed after the webhook', async (context) => {
      const local = here(context);
      const { order, until, available, call } = await shopper();
      const before = await available('fjord-mini');
      const placed = await order('fjord-mini', 2);
      expect(placed.status).toBe('created');
      const reserved = await until(placed.id, ({ payment }) => payment !== undefined);
      expect(reserved).toMatchObject({ status: 'reserved', payment: { status: 'pending' } });
      expect(await available('fjord-mini')).toBe(before - 2);
      const confirm = `/api/payments/${reserved.payment?.id}/confirm`;
      expect((await call('POST', confirm, { paymentMethod: 'pm_card_visa' })).json()).toMatchObject({
        intent: { status: 'processing' },
      });
      await pay(local, reserved);
      const confirmed = await until(placed.id, ({ status }) => status === 'confirmed');
      expect(confirmed.payment?.status).toBe('succeeded');
      expect((await call('GET', `/api/payments/${reserved.payment?.id}`)).json()).toMatchObject({
        orderId: placed.id,
        status: 'succeeded',
      });
      expect(await available('fjord-mini')).toBe(before - 2);
    });

    test('whose card is declined sees the order released and the stock returned', async (context) => {
      const local = here(context);
      const { order, until, available } = await shopper();
      const before = await available('meridian-8');
      const placed = await order('meridian-8');
      const reserved = await until(placed.id, ({ payment }) => payment !== undefined);
      await pay(local, reserved, 'payment_intent.payment_failed');
      const over = await until(placed.id, ({ status }) => status === 'released');
      expect(over).toMatchObject({ payment: { status: 'canceled' }, reason: 'card_declined' });
      expect(await available('meridian-8')).toBe(before);
    });

    test('sees the order rejected if the stock is too low', async () => {
      const { order, until, call } = await shopper();
      const placed = await order('origami-fold-3', 99);
      const rejected = await until(placed.id, ({ status }) => status !== 'created');
      expect(rejected).toMatchObject({ status: 'rejected', reason: 'out_of_stock' });
      expect((await call('GET', `/api/orders/${placed.id}`)).status).toBe(200);
    });
  });
}
