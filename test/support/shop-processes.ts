import { type ChildProcess, spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'iovalkey';
import { Pool } from 'pg';
import { bundleServices } from '../../lib/features/functions/bundling.ts';
import { freePort, waitForPort } from '../../lib/local/run/processes/ports.ts';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import { createEvent } from '../../runtime/events/cloud-event.ts';
import type { EventLog } from '../../runtime/events/event-log.ts';
import { openEventLog } from '../../runtime/events/open-event-log.ts';
import { realDependencies } from '../../runtime/events/testing/event-logs.ts';
import { stripeSample } from '../../runtime/webhooks/webhook-samples.ts';
import { freshDatabase } from './postgres.ts';
import { recordedEvents } from './recorded-events.ts';
import { scratchFolder } from './scratch.ts';
import { openTestLimitStore } from './test-limit-store.ts';

/** Called for each call between services. Passes the call on, or kills a process before or after it. */
export type Tap = (call: string) => 'pass' | { readonly before: () => void } | { readonly after: () => void };

/** The services of the shop as processes, with one database and one event log of files. */
export interface Shop {
  readonly database: Pool;
  readonly events: EventLog;
  /** Deletes the copy of the stock in a real Redis. */
  wipeStore(): Promise<void>;
  /** Base URLs of the services that the order service calls, by name. */
  readonly urls: Readonly<Record<string, string>>;
  /** URLs of the tasks behind each base URL. They answer in turn. */
  readonly targets: Readonly<Record<string, string[]>>;
  /** Observes and interrupts the calls of the order service. */
  tap: Tap;
  start(role: string, environment?: Readonly<Record<string, string>>): Promise<Task>;
  place(task: Task, user: string, key: string, productId?: string): Promise<string>;
  /** Publishes a webhook of the payment provider to the event log, like the gateway. */
  webhook(orderId: string, type: string, id: string): Promise<void>;
  /** The events of a topic, repetitions included. */
  published(topic: string): Promise<readonly CloudEvent[]>;
  until(condition: string, isMet: () => Promise<boolean>): Promise<void>;
  /** Ends every lease and every delay now, except the wait for a payment. */
  hurry(): Promise<void>;
  close(): Promise<void>;
}

export interface Task {
  readonly url: string;
  /** Kills the process at once, like a power failure. */
  kill(): void;
  stop(): void;
  readonly ended: Promise<void>;
}

export async function openShop(): Promise<Shop> {
  const folder = scratchFolder('shop');
  const program = join(folder, 'main.mjs');
  await bundleServices(program);
  const databaseUrl = await freshDatabase();
  const database = new Pool({ connectionString: databaseUrl });
  const eventLogUrl = `file:${join(folder, 'events')}`;
  const events = await openEventLog(eventLogUrl, realDependencies);
  const store = await openTestLimitStore();
  const tasks = new Set<ChildProcess>();
  const proxies: Server[] = [];
  const urls: Record<string, string> = {};
  const targets: Record<string, string[]> = {};
  /** The payment intent of an order. The service creates it a moment after the order. */
  const paymentOf = async (orderId: string) => {
    for (let look = 1; ; look += 1) {
      const { rows } = await database.query(
        "select intent from payments.fake_intents where intent->'metadata'->>'order_id' = $1",
        [orderId],
      );
      const [row] = rows as { intent: { id: string; amount: number; currency: string } }[];
      if (row !== undefined) {
        return { intentId: row.intent.id, amount: row.intent.amount, currency: row.intent.currency };
      }
      if (look === 200) throw new Error(`The payment provider has no payment for ${orderId}.`);
      await sleep(100);
    }
  };
  const shop: Shop = {
    database,
    events,
    urls,
    targets,
    tap: () => 'pass',
    async start(role, environment = {}) {
      const port = await freePort();
      const child = spawn(process.execPath, [program], {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: {
          ROLE: role,
          PORT: String(port),
          DATABASE_URL: databaseUrl,
          LIMIT_STORE_URL: store.url,
          EVENT_LOG_URL: eventLogUrl,
          ...Object.fromEntries(
            Object.entries(urls).map(([name, url]) => [`${name.toUpperCase()}_URL`, url]),
          ),
          ...environment,
        },
      });
      tasks.add(child);
      const ended = new Promise<void>((resolve) => {
        child.once('exit', () => {
          tasks.delete(child);
          resolve();
        });
      });
      const listens = await waitForPort(port, () => child.exitCode !== null);
      if (!listens) throw new Error('The task exited before it listened.');
      const url = `http://127.0.0.1:${port}`;
      return { url, kill: () => child.kill('SIGKILL'), stop: () => child.kill('SIGTERM'), ended };
    },
    async place(task, user, key, productId = 'pico-4') {
      const answer = await fetch(`${task.url}/api/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user-id': user, 'idempotency-key': key },
        body: JSON.stringify({ items: [{ productId, quantity: 1 }] }),
      });
      if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`);
      return ((await answer.json()) as { id: string }).id;
    },
    async webhook(orderId, eventType, id) {
      const body = stripeSample(eventType, {
        eventId: id,
        orderId,
        now: 0,
        payment: await paymentOf(orderId),
      });
      const event = createEvent({
        id,
        source: '/webhooks/stripe',
        type: 'payments.webhook',
        subject: orderId,
        timeMs: 0,
        data: {
          provider: 'stripe',
          eventId: id,
          eventType,
          receivedAt: '2026-11-20T12:00:00.000Z',
          body: body as Readonly<Record<string, unknown>>,
        },
      });
      await events.produce('payments.webhook', [event]);
    },
    published: (topic) => recordedEvents(eventLogUrl, topic),
    async until(condition, isMet) {
      for (let attempt = 0; attempt < 900; attempt += 1) {
        if (await isMet()) return;
        await sleep(100);
      }
      throw new Error(`The condition was not met within 90 seconds: ${condition}.`);
    },
    async hurry() {
      await database.query(
        'update orders.orders set next_step_at = now() where attempts > 0 and next_step_at is not null',
      );
    },
    async wipeStore() {
      const client = new Redis(store.url);
      const { rows } = await database.query('select name from inventory.store_copy');
      const keys = await client.keys(`gh:{stock:${(rows[0] as { name: string }).name}}*`);
      if (keys.length > 0) await client.unlink(keys);
      client.disconnect();
    },
    async close() {
      for (const child of tasks) child.kill('SIGKILL');
      for (const proxy of proxies) {
        proxy.closeAllConnections();
        proxy.close();
      }
      await events.close();
      await database.end();
      await store.close();
    },
  };

  for (const name of ['product', 'inventory', 'payment']) {
    targets[name] = [(await shop.start(name)).url];
    urls[name] = await startProxy(shop, name, proxies);
  }
  return shop;
}

/** Starts a proxy in front of a service, which reports every call to the tap, and returns its URL. */
async function startProxy(shop: Shop, name: string, proxies: Server[]): Promise<string> {
  let turn = 0;
  const server = createServer((request, response) => {
    const pass = async () => {
      const tasks = shop.targets[name] ?? [];
      turn += 1;
      const target = tasks[turn % tasks.length];
      const result = shop.tap(`${request.method} ${request.url}`);
      if (result !== 'pass' && 'before' in result) {
        result.before();
        return;
      }
      const body = await whole(request);
      const answer = await fetch(`${target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { 'content-type': 'application/json' },
        ...(body.length === 0 ? {} : { body: new Uint8Array(body) }),
      });
      const text = await answer.text();
      if (result !== 'pass') {
        result.after();
        return;
      }
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(answer.status === 204 ? undefined : text);
    };
    pass().catch(() => response.destroy());
  });
  proxies.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function whole(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
