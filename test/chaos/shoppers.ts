import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalRun } from '../../lib/local/run/local-run.ts';
import { stripeSignature } from '../../runtime/webhooks/webhook-signatures.ts';
import { type Answer, type Call, send } from '../e2e/client.ts';

export interface Order {
  readonly id: string;
  readonly status: string;
  readonly total: { readonly amount: number; readonly currency: string };
  readonly payment?: { readonly intentId: string; readonly status: string };
}

/** What the shoppers received from the gateway. */
export interface Ledger {
  /** Acknowledged orders: order id to user id. */
  readonly placed: Map<string, string>;
  /** Last known state of each order. */
  readonly seen: Map<string, Order>;
  /** Forbidden answers, and calls without an answer. */
  readonly misbehaviour: string[];
  readonly statuses: Map<number, number>;
  readonly allowed: readonly number[];
}

const deadlineMilliseconds = 180_000;

export interface ShopperOptions {
  readonly count: number;
  readonly productId: string;
  readonly webhookSecret: string;
  /** Statuses that the fault may cause besides 2xx, 4xx and 503 with Retry-After. */
  readonly allowed?: readonly number[];
}

/**
 * Runs shoppers who concurrently order, pay and wait for the confirmation. Like an app, each repeats a call with the same
 * idempotency key, after the time in Retry-After, until it succeeds.
 */
export async function runShoppers(
  run: LocalRun,
  { count, productId, webhookSecret, allowed = [] }: ShopperOptions,
): Promise<Ledger> {
  const ledger: Ledger = {
    placed: new Map(),
    seen: new Map(),
    misbehaviour: [],
    statuses: new Map(),
    allowed,
  };
  const shop = async (): Promise<void> => {
    const user = `chaos-${randomUUID().slice(0, 13)}`;
    const permissions = ['orders:*', 'payments:*', 'inventory:*'];
    const token = await run.token({ sub: user, permissions, plan: 'enterprise' });
    const own = [
      ['Authorization', `Bearer ${token}`],
      ['Content-Type', 'application/json'],
      ['Idempotency-Key', randomUUID()],
    ] as const;
    const placed = (
      await sendUntilSuccess(ledger, run.url, '/api/orders', {
        method: 'POST',
        headers: own,
        body: JSON.stringify({ items: [{ productId, quantity: 1 }] }),
      })
    ).json() as Order;
    ledger.placed.set(placed.id, user);
    const until = async (isSo: (order: Order) => boolean): Promise<Order> => {
      for (const end = Date.now() + deadlineMilliseconds; Date.now() < end; await sleep(250)) {
        const answer = await sendUntilSuccess(ledger, run.url, `/api/orders/${placed.id}`, {
          headers: own.slice(0, 1),
        });
        const order = answer.json() as Order;
        ledger.seen.set(order.id, order);
        if (isSo(order)) return order;
      }
      throw new Error(`Order ${placed.id} does not continue: ${JSON.stringify(ledger.seen.get(placed.id))}`);
    };
    const reserved = await until(({ payment }) => payment?.intentId !== undefined);
    await payFor(ledger, run.url, reserved, webhookSecret);
    await until(({ status, payment }) => status === 'confirmed' && payment?.status === 'succeeded');
  };
  await Promise.all(Array.from({ length: count }, shop));
  return ledger;
}

/** Delivers the webhook of a successful payment twice, because providers repeat webhooks. */
async function payFor(ledger: Ledger, url: string, order: Order, secret: string): Promise<void> {
  const id = `evt_${randomUUID().replaceAll('-', '')}`;
  const { amount, currency } = order.total;
  const object = {
    id: order.payment?.intentId,
    object: 'payment_intent',
    amount,
    amount_received: amount,
    currency: currency.toLowerCase(),
    status: 'succeeded',
    livemode: false,
    metadata: { order_id: order.id },
  };
  const type = 'payment_intent.succeeded';
  const body = JSON.stringify({ id, object: 'event', livemode: false, type, data: { object } });
  for (let times = 0; times < 2; times += 1) {
    await sendUntilSuccess(ledger, url, '/api/payments/webhook', () => {
      const time = String(Math.floor(Date.now() / 1_000));
      const signature = `t=${time},v1=${stripeSignature(secret, time, Buffer.from(body))}`;
      const headers = [
        ['Content-Type', 'application/json'] as const,
        ['Stripe-Signature', signature] as const,
      ];
      return { method: 'POST', headers, body };
    });
  }
}

/** Repeats a call until it succeeds, and records forbidden answers in the ledger. @throws after 180 seconds. */
async function sendUntilSuccess(
  ledger: Ledger,
  url: string,
  path: string,
  call: Call | (() => Call),
): Promise<Answer> {
  for (const end = Date.now() + deadlineMilliseconds; Date.now() < end; ) {
    const sent = typeof call === 'function' ? call() : call;
    const what = `${sent.method ?? 'GET'} ${path}`;
    const answer = await send(url, path, sent).catch((error: unknown) => String(error));
    if (typeof answer === 'string') {
      ledger.misbehaviour.push(`${what}: no answer (${answer})`);
      await sleep(500);
      continue;
    }
    const { status } = answer;
    ledger.statuses.set(status, (ledger.statuses.get(status) ?? 0) + 1);
    if (status >= 200 && status < 300) return answer;
    const retryAfter = answer.header('retry-after');
    const isAllowed =
      ledger.allowed.includes(status) ||
      (status >= 400 && status < 500) ||
      (status === 503 && retryAfter !== undefined);
    if (!isAllowed) {
      ledger.misbehaviour.push(
        `${what}: ${status}, Retry-After ${retryAfter}: ${answer.body.toString().slice(0, 200)}`,
      );
    }
    if ([400, 401, 403, 404, 422].includes(status)) {
      throw new Error(`${what}: ${status} ${answer.body.toString().slice(0, 300)}`);
    }
    await sleep(Math.min(1_000, Number(retryAfter ?? 1) * 1_000));
  }
  throw new Error(`${path} did not succeed within ${deadlineMilliseconds / 1_000} seconds.`);
}
