import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { Stripe } from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { testDatabases } from '../testing/shop.ts';
import { fakeStripe } from './fake-stripe.ts';
import { paymentTables } from './payment-store.ts';
import { createStripeProvider } from './stripe-provider.ts';

/** Stripe's own client library verifies that the stand-in behaves like Stripe. */
describe.runIf(hasPostgres)(`the stand-in for Stripe${postgresNote}`, () => {
  const databaseOf = testDatabases();
  let server: Server;
  let stripe: Stripe;
  let answer: (request: Request) => Promise<Response>;
  beforeAll(async () => {
    let ids = 0;
    answer = fakeStripe(await databaseOf('payments', paymentTables), () => `id${++ids}`);
    const listener = getRequestListener(answer);
    server = createServer((request, response) => void listener(request, response));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    stripe = new Stripe('sk_test_1', { host: '127.0.0.1', port, protocol: 'http', maxNetworkRetries: 0 });
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  const create = (idempotencyKey: string, amount = 1_999) =>
    stripe.paymentIntents.create(
      { amount, currency: 'eur', metadata: { order_id: 'o-1' } },
      { idempotencyKey },
    );

  test('creates, retrieves, confirms and cancels intents', async () => {
    const created = await create('a');
    expect(created).toMatchObject({
      object: 'payment_intent',
      amount: 1_999,
      currency: 'eur',
      status: 'requires_payment_method',
      metadata: { order_id: 'o-1' },
    });
    expect(created.client_secret).toContain(`${created.id}_secret_`);
    expect(await stripe.paymentIntents.retrieve(created.id)).toMatchObject({ id: created.id, amount: 1_999 });
    const confirmed = await stripe.paymentIntents.confirm(created.id, { payment_method: 'pm_card_visa' });
    expect(confirmed.status).toBe('processing');
    expect((await stripe.paymentIntents.cancel(created.id)).status).toBe('canceled');
    expect(await stripe.refunds.create({ payment_intent: created.id })).toMatchObject({
      object: 'refund',
      amount: 1_999,
    });
  });

  test('repeats the response for a repeated key, and refuses the key for another request', async () => {
    const [first, second] = [await create('b'), await create('b')];
    expect(second).toMatchObject({ id: first.id, client_secret: first.client_secret });
    await expect(create('b', 1)).rejects.toMatchObject({ type: 'StripeIdempotencyError' });
  });

  test("returns Stripe's error types and codes", async () => {
    await expect(stripe.paymentIntents.retrieve('pi_none')).rejects.toMatchObject({
      type: 'StripeInvalidRequestError',
      statusCode: 404,
      code: 'resource_missing',
    });
    const { id } = await create('c');
    await expect(
      stripe.paymentIntents.confirm(id, { payment_method: 'pm_card_chargeDeclined' }),
    ).rejects.toMatchObject({ type: 'StripeCardError', code: 'card_declined', statusCode: 402 });
    await stripe.paymentIntents.cancel(id);
    await expect(stripe.paymentIntents.cancel(id)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });

  test('works with the client of the payment service', async () => {
    const provider = createStripeProvider({ baseUrl: 'http://stripe', secretKey: 'sk_test_1', send: answer });
    const created = await provider.create('o-2', { amount: 500, currency: 'EUR' }, 'd');
    if (created.kind !== 'done') throw new Error(created.kind);
    expect(created.value).toMatchObject({ amount: 500, currency: 'eur', metadata: { order_id: 'o-2' } });
    const { id } = created.value;
    expect(await provider.retrieve(id)).toMatchObject({ kind: 'done', value: { id } });
    expect(await provider.confirm(id, 'pm_card_chargeDeclined', 'e')).toMatchObject({
      kind: 'refused',
      status: 402,
      type: 'card_error',
      code: 'card_declined',
    });
    expect(await provider.cancel(id, 'f')).toMatchObject({ kind: 'done', value: { status: 'canceled' } });
    expect(await provider.refund(id, 'g')).toMatchObject({ kind: 'done' });
  });

  test('treats an unreachable provider, a 5xx, a 429 and an invalid body as unavailable', async () => {
    const outcomes = await Promise.all(
      [
        () => Promise.reject(new Error('ECONNREFUSED')),
        async () => Response.json({ error: { type: 'api_error' } }, { status: 500 }),
        async () => Response.json({ error: { type: 'rate_limit' } }, { status: 429 }),
        async () => Response.json({ id: 7 }),
        async () => new Response('<html>'),
      ].map((send) =>
        createStripeProvider({ baseUrl: 'http://stripe', secretKey: 'k', send }).retrieve('pi_1'),
      ),
    );
    expect(outcomes.map(({ kind }) => kind)).toEqual(Array.from({ length: 5 }, () => 'unavailable'));
  });
});
