import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createEvent } from '../../runtime/events/cloud-event.ts';
import { stripeSignature } from '../../runtime/webhooks/webhook-signatures.ts';
import { send } from './client.ts';
import type { Running } from './running.ts';
import { skip } from './running.ts';
import type { LocalControl } from './target.ts';

const path = '/api/payments/webhook';
const seconds = () => Math.floor(Date.now() / 1_000);
const newId = () => `evt_${randomUUID().replaceAll('-', '')}`;

const eventOf = (id: string, type = 'payment_intent.succeeded', more: object = {}) =>
  JSON.stringify({ id, object: 'event', type, data: { object: { id: `pi_${id}`, ...more } } });

interface Signing {
  readonly secret: string;
  readonly ageSeconds?: number;
}

const signed = (body: string | Buffer, { secret, ageSeconds = 0 }: Signing) => {
  const time = String(seconds() - ageSeconds);
  return `t=${time},v1=${stripeSignature(secret, time, Buffer.from(body))}`;
};

/** Answers to a webhook provider, and the events that consumers of the event log receive. */
export function webhookCases(running: () => Running): void {
  const post = (body: string | Buffer, signature: string | undefined, contentType = 'application/json') =>
    send(running().target.url, path, {
      method: 'POST',
      headers: [
        ['Content-Type', contentType],
        ...(signature === undefined ? [] : ([['Stripe-Signature', signature]] as const)),
      ],
      body,
    });

  describe('a webhook', () => {
    test('is refused with 400, not 401, without a valid signature', async () => {
      const body = eventOf(newId());
      for (const signature of [undefined, 'nonsense', signed(body, { secret: 'guessed' })]) {
        const answer = await post(body, signature);
        expect(answer.status).toBe(400);
        expect(answer.header('content-type')).toBe('application/problem+json');
        expect(answer.header('x-request-id')).toBeDefined();
        expect(answer.header('cache-control')).toBe('no-store');
        expect(answer.json()).toMatchObject({ status: 400, title: 'Bad Request' });
      }
    });

    test('is refused with 413 over 256 KiB', async () => {
      const answer = await post('x'.repeat(256 * 1024 + 1), 'nonsense');
      expect(answer.status).toBe(413);
    });

    test('is refused with 403 if it bypasses the edge', async (context) => {
      const { apiUrl } = running().target;
      if (apiUrl === undefined)
        skip(context, 'The URL of the API behind the edge is unknown. Set E2E_API_URL.');
      const answer = await send(apiUrl, path, { method: 'POST', body: '{}' });
      expect(answer.status).toBe(403);
    });
  });

  describe('a webhook with a valid signature', () => {
    const here = (context: Parameters<typeof skip>[0]): LocalControl => {
      const { local } = running().target;
      return local ?? skip(context, 'Only a local run gives access to the webhook secret.');
    };
    const logged = async (local: LocalControl, id: string) =>
      (await local.events('payments.webhook')).filter((event) => event.id === id);

    test('is accepted and published once; repeated deliveries are duplicates', async (context) => {
      const local = here(context);
      const [id, secret] = [newId(), await local.webhookSecret('stripe')];
      const body = eventOf(id);
      const first = await post(body, signed(body, { secret }));
      expect(first.status).toBe(200);
      expect(first.json()).toEqual({ received: true, outcome: 'accepted' });
      const again = await post(body, signed(body, { secret }));
      expect(again.status).toBe(200);
      expect(again.json()).toEqual({ received: true, outcome: 'duplicate' });
      expect(await logged(local, id)).toMatchObject([
        {
          type: 'payments.webhook',
          source: '/webhooks/stripe',
          partitionkey: `pi_${id}`,
          data: {
            provider: 'stripe',
            eventType: 'payment_intent.succeeded',
            body: JSON.parse(body) as object,
          },
        },
      ]);
    });

    test('is refused if its bytes changed after signing', async (context) => {
      const secret = await here(context).webhookSecret('stripe');
      const body = eventOf(newId());
      expect((await post(`${body} `, signed(body, { secret }))).status).toBe(400);
    });

    test('is accepted up to five minutes old or ahead of the clock', async (context) => {
      const secret = await here(context).webhookSecret('stripe');
      for (const [ageSeconds, status] of [
        [290, 200],
        [-290, 200],
        [600, 400],
        [-600, 400],
      ] as const) {
        const body = eventOf(newId());
        expect((await post(body, signed(body, { secret, ageSeconds }))).status).toBe(status);
      }
    });

    test('is accepted with 100 kB and a content type that the API encodes as base64', async (context) => {
      const local = here(context);
      const secret = await local.webhookSecret('stripe');
      const id = newId();
      const body = eventOf(id, 'charge.updated', { text: 'größer 🛒 <script>'.repeat(5_000) });
      expect((await post(body, signed(body, { secret }), 'application/octet-stream')).status).toBe(200);
      expect(await logged(local, id)).toMatchObject([{ data: { body: JSON.parse(body) as object } }]);
    });

    test('is published if its type is unknown', async (context) => {
      const local = here(context);
      const [id, secret] = [newId(), await local.webhookSecret('stripe')];
      const body = eventOf(id, 'tomorrow.invented');
      expect((await post(body, signed(body, { secret }))).status).toBe(200);
      expect(await logged(local, id)).toMatchObject([{ data: { eventType: 'tomorrow.invented' } }]);
    });

    test('is published once if it arrives many times at once; the other deliveries get 409 or a duplicate', async (context) => {
      const local = here(context);
      const [id, secret] = [newId(), await local.webhookSecret('stripe')];
      const body = eventOf(id);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => post(body, signed(body, { secret }))),
      );
      const accepted = answers.filter(({ status, body }) => status === 200 && body.includes('accepted'));
      expect(accepted).toHaveLength(1);
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expect(answer.status).toBe(409);
        expect(Number(answer.header('retry-after'))).toBeGreaterThan(0);
      }
      expect(await logged(local, id)).toHaveLength(1);
    });

    test('is published from the fallback queue in the order of its payment', async (context) => {
      const local = here(context);
      const payment = `pi_${randomUUID()}`;
      const ids = Array.from({ length: 12 }, newId);
      for (const id of ids) {
        const event = createEvent({
          id,
          source: '/webhooks/stripe',
          type: 'payments.webhook',
          subject: payment,
          timeMs: Date.now(),
          data: {
            provider: 'stripe',
            eventId: id,
            eventType: 'charge.updated',
            receivedAt: new Date().toISOString(),
            body: {},
          },
        });
        await local.queueWebhook(event);
      }
      const publishedIds = async () =>
        (await local.events('payments.webhook'))
          .filter(({ partitionkey }) => partitionkey === payment)
          .map(({ id }) => id);
      await expect.poll(publishedIds, { timeout: 20_000, interval: 500 }).toEqual(ids);
    });

    test('is accepted with the new and the previous secret after a rotation', async (context) => {
      const local = here(context);
      const before = await local.webhookSecret('stripe');
      const after = `whsec_${randomUUID()}`;
      await local.rotateWebhookSecret('stripe', after);
      for (const secret of [after, before]) {
        const body = eventOf(newId());
        // The function reloads its secrets at most every five seconds when no known secret matches.
        await expect
          .poll(async () => (await post(body, signed(body, { secret }))).status, {
            timeout: 10_000,
            interval: 500,
          })
          .toBe(200);
      }
    });
  });
}
