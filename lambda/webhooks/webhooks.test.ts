import { describe, expect, test } from 'vitest';
import { requestHeaders } from '../../runtime/contracts/gateway-contract.ts';
import { parseEvent } from '../../runtime/events/parse-event.ts';
import { leaseSeconds } from '../../runtime/webhooks/webhook-deliveries.ts';
import { standardSignature, stripeSignature } from '../../runtime/webhooks/webhook-signatures.ts';
import {
  createTestWebhooks,
  httpEvent,
  originSecret,
  standardSecret,
  stripeCall,
  stripeEvent,
  stripeSecret,
} from './testing/webhook-fixtures.ts';
import { maxBodyBytes } from './webhooks.ts';

const problemOf = (answer: { readonly body: string }) =>
  JSON.parse(answer.body) as { readonly detail: string };

describe('a delivery', () => {
  test('is answered with 200 once its event is in the log, in the known envelope', async () => {
    const { world, handler } = createTestWebhooks();
    const body = stripeEvent('evt_1', 'payment_intent.succeeded', { id: 'pi_1', amount: 99 });
    const answer = await handler(stripeCall(body, world.now));
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ received: true, outcome: 'accepted' });
    expect(answer.headers).toMatchObject({ 'cache-control': 'no-store', 'x-request-id': 'request-1' });
    const [event] = world.logged;
    expect(parseEvent(JSON.stringify(event)).kind).toBe('event');
    expect(event).toMatchObject({
      id: 'evt_1',
      source: '/webhooks/stripe',
      type: 'payments.webhook',
      subject: 'pi_1',
      partitionkey: 'pi_1',
      time: '2026-11-20T12:00:00.000Z',
      data: {
        provider: 'stripe',
        eventId: 'evt_1',
        eventType: 'payment_intent.succeeded',
        body: JSON.parse(body) as object,
      },
    });
    expect(world.queued).toEqual([]);
  });

  test.each([
    [{ id: 'ch_1', payment_intent: 'pi_7' }, 'pi_7'],
    [{ id: 'ch_1', payment_intent: { id: 'pi_7' } }, 'ch_1'],
    [{ id: 'ch_1', payment_intent: null }, 'ch_1'],
    [{}, 'evt_1'],
  ])('of %j is ordered with those of %s', async (object, key) => {
    const { world, handler } = createTestWebhooks();
    await handler(stripeCall(stripeEvent('evt_1', 'charge.succeeded', object), world.now));
    expect(world.logged.map(({ partitionkey }) => partitionkey)).toEqual([key]);
  });

  test('of an unknown type is kept', async () => {
    const { world, handler } = createTestWebhooks();
    const answer = await handler(stripeCall(stripeEvent('evt_1', 'tomorrow.invented'), world.now));
    expect(answer.statusCode).toBe(200);
    expect(world.logged).toMatchObject([{ data: { eventType: 'tomorrow.invented' } }]);
  });

  test('is verified on its bytes, however the API encodes them', async () => {
    const { world, handler } = createTestWebhooks();
    const body = Buffer.from(`{ "id":"evt_1",\r\n "type":"x", "data":{"object":{"id":"größer 🛒"}} }\n`);
    const answer = await handler(stripeCall(body, world.now, { isBase64Encoded: true }));
    expect(answer.statusCode).toBe(200);
    expect(world.logged).toMatchObject([{ partitionkey: 'größer 🛒' }]);
  });

  test('of a Standard Webhooks sender has the id of its header', async () => {
    const { world, handler } = createTestWebhooks();
    const body = Buffer.from('{"type":"shipment.delivered","timestamp":"2026-11-20T12:00:00Z","data":{}}');
    const time = String(world.now / 1_000);
    const headers = {
      [requestHeaders.originSecret]: originSecret,
      'webhook-id': 'msg_1',
      'webhook-timestamp': time,
      'webhook-signature': `v1,${standardSignature(standardSecret, 'msg_1', time, body)}`,
    };
    const answer = await handler(httpEvent('POST /api/shipping/webhook', headers, body));
    expect(answer.statusCode).toBe(200);
    expect(world.logged).toMatchObject([
      {
        id: 'msg_1',
        source: '/webhooks/carrier',
        partitionkey: 'msg_1',
        data: { eventType: 'shipment.delivered' },
      },
    ]);
  });
});

describe('refuses', () => {
  test.each([
    ['without the edge', 403, 'origin', { origin: 'somebody' }],
    ['without a signature', 400, 'signature-missing', { signature: '' }],
    ['with half a signature', 400, 'signature-malformed', { signature: 't=1' }],
    ['with another signature', 400, 'signature-mismatch', { signature: `t=1,v1=${'0'.repeat(64)}` }],
  ])('a call %s', async (_, status, reason, options) => {
    const { world, handler } = createTestWebhooks();
    const answer = await handler(stripeCall(stripeEvent('evt_1'), world.now, options));
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(answer.headers['retry-after']).toBeUndefined();
    expect(world.metrics).toMatchObject([{ outcome: 'refused', reason, WebhooksRefused: 1 }]);
    expect([...world.logged, ...world.queued]).toEqual([]);
  });

  test('a signature of six minutes ago, or of six minutes to come', async () => {
    const { world, handler } = createTestWebhooks();
    for (const apart of [-360_000, 360_000]) {
      const answer = await handler(stripeCall(stripeEvent('evt_1'), world.now + apart));
      expect(answer.statusCode).toBe(400);
      expect(problemOf(answer).detail).toContain('too old');
    }
  });

  test('a body over the limit, before any computation on it', async () => {
    const { world, handler } = createTestWebhooks();
    const event = (length: number) => stripeEvent('evt_1', 'x', { id: 'pi_1', text: 'a'.repeat(length) });
    const room = maxBodyBytes - event(0).length;
    expect((await handler(stripeCall(event(room), world.now))).statusCode).toBe(200);
    expect((await handler(stripeCall(event(room + 1), world.now, { signature: '' }))).statusCode).toBe(413);
  });

  test.each(['', 'null', '[]', '"text"', '{', '{"type":"x"}', '{"id":""}', '{"id":1}'])(
    'the signed body %j',
    async (body) => {
      const { world, handler } = createTestWebhooks();
      const answer = await handler(stripeCall(body, world.now));
      expect(answer.statusCode).toBe(400);
      expect(world.metrics).toMatchObject([{ reason: 'body' }]);
    },
  );

  test('a signed body that is not UTF-8', async () => {
    const { world, handler } = createTestWebhooks();
    const body = Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect((await handler(stripeCall(body, world.now, { isBase64Encoded: true }))).statusCode).toBe(400);
  });

  test('a path without a sender', async () => {
    const { handler } = createTestWebhooks();
    expect((await handler(httpEvent('POST /other', {}, Buffer.alloc(0)))).statusCode).toBe(404);
    expect((await handler(undefined)).statusCode).toBe(404);
  });
});

describe('the secrets', () => {
  test('are both valid during a rotation, and a new value is detected', async () => {
    const { world, handler } = createTestWebhooks();
    const signedBy = (secret: string, id: string) => {
      const time = String(Math.floor(world.now / 1_000));
      const body = stripeEvent(id);
      return stripeCall(body, world.now, {
        signature: `t=${time},v1=${stripeSignature(secret, time, Buffer.from(body))}`,
      });
    };
    expect((await handler(signedBy(stripeSecret, 'evt_1'))).statusCode).toBe(200);
    world.secrets.set('stripe', ['whsec_new', stripeSecret]);
    world.now += 5_000;
    expect((await handler(signedBy('whsec_new', 'evt_2'))).statusCode).toBe(200);
    expect((await handler(signedBy(stripeSecret, 'evt_3'))).statusCode).toBe(200);
    world.secrets.set('stripe', ['whsec_newer', 'whsec_new']);
    world.now += 3_600_000;
    expect((await handler(signedBy(stripeSecret, 'evt_4'))).statusCode).toBe(400);
  });

  test('that were never read cause a 503, because the signature cannot be checked', async () => {
    for (const id of ['origin', 'stripe']) {
      const { world, handler } = createTestWebhooks();
      world.secrets.set(id, undefined);
      const answer = await handler(stripeCall(stripeEvent('evt_1'), world.now));
      expect(answer.statusCode).toBe(503);
      expect(answer.headers['retry-after']).toBe('30');
      expect(world.metrics).toMatchObject([{ WebhookIngestionErrors: 1 }]);
    }
  });
});

describe('the same event', () => {
  test('again is answered with 200 at once, and not stored again', async () => {
    const { world, handler } = createTestWebhooks();
    const call = () => handler(stripeCall(stripeEvent('evt_1'), world.now));
    await call();
    world.now += 3 * 86_400_000;
    const answer = await call();
    expect(answer.statusCode).toBe(200);
    expect(JSON.parse(answer.body)).toEqual({ received: true, outcome: 'duplicate' });
    expect(world.logged).toHaveLength(1);
    expect(world.metrics.at(-1)).toMatchObject({ WebhookDuplicates: 1 });
  });

  test('at the same time is answered with 409 for all but one', async () => {
    const { world, handler } = createTestWebhooks();
    const calls = Array.from({ length: 20 }, () => handler(stripeCall(stripeEvent('evt_1'), world.now)));
    const answers = await Promise.all(calls);
    const statuses = answers.map(({ statusCode }) => statusCode).sort((a, b) => a - b);
    expect(statuses).toEqual([200, ...Array.from({ length: 19 }, () => 409)]);
    const refused = answers.find(({ statusCode }) => statusCode === 409);
    expect(refused?.headers['retry-after']).toBe(String(leaseSeconds));
    expect(world.logged).toHaveLength(1);
  });

  test('of an attempt that crashed is accepted after the lease, not before', async () => {
    const { world, handler, deliveries } = createTestWebhooks();
    const delivery = { source: '/webhooks/stripe', id: 'evt_1', partitionkey: 'pi_1' };
    await deliveries.claim(delivery, 'crashed');
    const call = () => handler(stripeCall(stripeEvent('evt_1'), world.now));
    world.now += leaseSeconds * 1_000 - 1;
    expect((await call()).statusCode).toBe(409);
    world.now += 1;
    expect((await call()).statusCode).toBe(200);
  });

  test('of another sender is another event', async () => {
    const { deliveries } = createTestWebhooks();
    const delivery = { source: '/webhooks/stripe', id: 'evt_1', partitionkey: 'pi_1' };
    await deliveries.claim(delivery, 'a');
    expect((await deliveries.claim({ ...delivery, source: '/webhooks/carrier' }, 'b')).kind).toBe('claimed');
  });

  test('is stored each time while the limit store is unavailable: consumers deduplicate by its id', async () => {
    const { world, scripts, handler } = createTestWebhooks();
    scripts.isUnavailable = true;
    for (let i = 0; i < 2; i += 1) {
      expect((await handler(stripeCall(stripeEvent('evt_1'), world.now))).statusCode).toBe(200);
    }
    expect(world.logged.map(({ id }) => id)).toEqual(['evt_1', 'evt_1']);
    expect(world.metrics).toMatchObject([{ WebhooksNotDeduplicated: 1 }, { WebhooksNotDeduplicated: 1 }]);
  });
});

describe('while the event log is unavailable', () => {
  test('the queue stores the event, and later ones of its key stay behind it', async () => {
    const { world, handler, deliveries } = createTestWebhooks();
    const send = async (id: string, key: string) =>
      (await handler(stripeCall(stripeEvent(id, 'x', { id: key }), world.now))).statusCode;
    world.isLogUnavailable = true;
    expect(await send('evt_1', 'pi_1')).toBe(200);
    world.isLogUnavailable = false;
    expect(await send('evt_2', 'pi_1')).toBe(200);
    expect(await send('evt_3', 'pi_2')).toBe(200);
    expect(world.queued.map(({ id }) => id)).toEqual(['evt_1', 'evt_2']);
    expect(world.logged.map(({ id }) => id)).toEqual(['evt_3']);
    expect(world.metrics).toMatchObject([{ WebhookFallbacks: 1 }, { WebhookFallbacks: 1 }, {}]);
    // Drained one by one: the key may bypass the queue after the last.
    for (const event of world.queued.splice(0)) {
      expect(await send(`${event.id}-behind`, 'pi_1')).toBe(200);
      await deliveries.leaveBacklog(event);
    }
    expect(world.queued.map(({ id }) => id)).toEqual(['evt_1-behind', 'evt_2-behind']);
  });

  test('and the queue too, it answers 503, and the next attempt can start at once', async () => {
    const { world, handler } = createTestWebhooks();
    const call = () => handler(stripeCall(stripeEvent('evt_1'), world.now));
    world.isLogUnavailable = true;
    world.queue = 'refused';
    const answer = await call();
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('30');
    world.isLogUnavailable = false;
    expect((await call()).statusCode).toBe(200);
    expect(world.logged.map(({ id }) => id)).toEqual(['evt_1']);
  });

  test('and the result of the queue is unknown, the next attempt goes there again', async () => {
    const { world, handler } = createTestWebhooks();
    const call = () => handler(stripeCall(stripeEvent('evt_1'), world.now));
    world.isLogUnavailable = true;
    world.queue = 'unknown';
    expect((await call()).statusCode).toBe(503);
    Object.assign(world, { isLogUnavailable: false, queue: 'sent' });
    expect((await call()).statusCode).toBe(200);
    expect(world.queued.map(({ id }) => id)).toEqual(['evt_1']);
    expect(world.logged).toEqual([]);
  });
});

test('the log never contains the body, the signature or a secret', async () => {
  const { world, handler } = createTestWebhooks();
  const body = stripeEvent('evt_1', 'x', { id: 'pi_1', receipt_email: 'jane@example.com' });
  await handler(stripeCall(body, world.now));
  await handler(stripeCall(body, world.now, { signature: 't=1,v1=deadbeef' }));
  Object.assign(world, { isLogUnavailable: true, queue: 'refused' });
  await handler(stripeCall(body.replace('evt_1', 'evt_2'), world.now));
  const written = [...world.lines, ...world.metrics.map((line) => JSON.stringify(line))].join('\n');
  for (const secret of ['jane@example.com', 'pi_1', 'deadbeef', stripeSecret, originSecret]) {
    expect(written).not.toContain(secret);
  }
});
