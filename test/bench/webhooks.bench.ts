import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import kafkajs from 'kafkajs';
import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';
import { openEventLog } from '../../runtime/events/open-event-log.ts';
import { realDependencies } from '../../runtime/events/testing/event-logs.ts';
import { hasRedis, redisNote } from '../../runtime/limit-store/testing/redis-server.ts';
import {
  standardSignature,
  stripeSignature,
  verifyStandard,
  verifyStripe,
  type WebhookSignatureSettings,
} from '../../runtime/webhooks/webhook-signatures.ts';
import { openWebhookEndpoint, secret, signedEvent, topic } from '../support/webhook-endpoint.ts';
import { type Measurement, measure, percentile, tableOf } from './measure.ts';

/** Measures signature verification and complete deliveries of webhooks, compared with a simple implementation. */
export async function run(print: (text: string) => void): Promise<void> {
  for (const kilobytes of [2, 100]) {
    print(tableOf(`Verifying a body of ${kilobytes} kB and reading its JSON`, await verification(kilobytes)));
  }
  const brokers = process.env['KAFKA_BROKERS'];
  const store = hasRedis ? 'Redis' : `the store in memory${redisNote}`;
  const log = brokers === undefined ? 'a file (KAFKA_BROKERS is not set)' : `Kafka at ${brokers}`;
  print(`The whole way of a delivery of 2 kB: claimed in ${store}, kept in ${log}`);
  for (const atOnce of [1, 16]) {
    for (const way of [await gatehouse(brokers), ...(brokers === undefined ? [] : [await byHand(brokers)])]) {
      print(await wholeWay(way, atOnce));
      await way.close();
    }
  }
}

const bodyOf = (id: string, kilobytes: number) =>
  JSON.stringify({
    id,
    object: 'event',
    type: 'payment_intent.succeeded',
    data: { object: { id: `pi_${id}`, description: 'x'.repeat(kilobytes * 1_000) } },
  });

async function verification(kilobytes: number): Promise<Measurement[]> {
  const body = bodyOf('evt_1', kilobytes);
  const bytes = Buffer.from(body);
  const now = Date.now();
  const time = String(Math.floor(now / 1_000));
  const terms: WebhookSignatureSettings = { secrets: [secret], toleranceSeconds: 300, now };
  const stripeHeader = `t=${time},v1=${stripeSignature(secret, time, bytes)}`;
  const stripe = new Stripe('sk_test_0');

  const standardSecret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': time,
    'webhook-signature': `v1,${standardSignature(standardSecret, 'msg_1', time, bytes)}`,
  };
  const standard = new Webhook(standardSecret);
  const standardTerms = { ...terms, secrets: [standardSecret] };
  const valid = ({ kind }: { readonly kind: string }) => {
    if (kind !== 'valid') throw new Error(`The signature is ${kind}.`);
    return JSON.parse(body) as unknown;
  };
  const rounds = { warmUp: 200, rounds: 2_000 };
  return await measure([
    {
      ...rounds,
      name: 'Stripe, here',
      run: () => valid(verifyStripe({ headers: { 'stripe-signature': stripeHeader }, body: bytes }, terms)),
    },
    {
      ...rounds,
      name: 'Stripe, stripe-node constructEvent',
      run: () => stripe.webhooks.constructEvent(bytes, stripeHeader, secret),
    },
    {
      ...rounds,
      name: 'Standard Webhooks, here',
      run: () => valid(verifyStandard({ headers, body: bytes }, standardTerms)),
    },
    { ...rounds, name: 'Standard Webhooks, standardwebhooks', run: () => standard.verify(bytes, headers) },
  ]);
}

interface Way {
  readonly name: string;
  /** Delivers one event, and resolves when it is acknowledged. */
  deliver(body: string): Promise<void>;
  close(): Promise<void>;
}

async function gatehouse(brokers: string | undefined): Promise<Way> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-webhooks-'));
  const url = brokers === undefined ? `file:${folder}` : `kafka://${brokers}`;
  const log = await openEventLog(url, realDependencies);
  const endpoint = await openWebhookEndpoint(log, join(folder, 'queues'));
  return {
    name: 'Gatehouse: once, in order, with a fallback',
    deliver: async (body) => acknowledged((await endpoint.receiver(signedEvent(body))).statusCode),
    close: async () => {
      await endpoint.close();
      await log.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A simple implementation: verify and send, without detection of duplicates and without a fallback. */
async function byHand(brokers: string): Promise<Way> {
  const kafka = new kafkajs.Kafka({ brokers: brokers.split(','), logLevel: kafkajs.logLevel.NOTHING });
  const producer = kafka.producer({
    idempotent: true,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const stripe = new Stripe('sk_test_0');
  const app = new Hono().post('/webhook', async (context) => {
    const body = await context.req.text();
    const event = stripe.webhooks.constructEvent(body, context.req.header('stripe-signature') ?? '', secret);
    await producer.send({ topic, acks: -1, messages: [{ key: event.id, value: body }] });
    return context.json({ received: true });
  });
  return {
    name: 'Hono, stripe-node, kafkajs: verify and send',
    deliver: async (body) => {
      const time = String(Math.floor(Date.now() / 1_000));
      const signature = `t=${time},v1=${stripeSignature(secret, time, Buffer.from(body))}`;
      const answer = await app.request('/webhook', {
        method: 'POST',
        headers: { 'stripe-signature': signature },
        body,
      });
      acknowledged(answer.status);
    },
    close: () => producer.disconnect(),
  };
}

function acknowledged(status: number): void {
  if (status !== 200) throw new Error(`A delivery was answered ${status}.`);
}

const events = 2_000;

/** Time per delivery, and events per CPU second of this process. Brokers and limit store run in other processes. */
async function wholeWay(way: Way, atOnce: number): Promise<string> {
  const times: number[] = [];
  const send = async () => {
    const body = bodyOf(`evt_${randomUUID()}`, 2);
    const startedAt = performance.now();
    await way.deliver(body);
    times.push(performance.now() - startedAt);
  };
  for (let i = 0; i < 100; i += 1) await send();
  times.length = 0;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let left = events;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left > 0) {
        left -= 1;
        await send();
      }
    }),
  );
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  const perCore = events / ((user + system) / 1_000_000);
  return [
    `${atOnce} at once`.padEnd(12),
    way.name.padEnd(46),
    `p50 ${percentile(times, 0.5).toFixed(2)} ms`,
    `p99 ${percentile(times, 0.99).toFixed(2)} ms`,
    `${(events / seconds).toFixed(0)}/s`,
    `${perCore.toFixed(0)} per core second`,
    `${(process.memoryUsage().rss / 1_000_000).toFixed(0)} MB`,
  ].join('  ');
}
