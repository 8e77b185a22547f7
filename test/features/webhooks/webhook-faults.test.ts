import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { CloudEvent } from '../../../runtime/events/cloud-event.ts';
import type { EventLog } from '../../../runtime/events/event-log.ts';
import { openEventLog } from '../../../runtime/events/open-event-log.ts';
import { realDependencies, startReceiving } from '../../../runtime/events/testing/event-logs.ts';
import { hasRedis, redisNote } from '../../../runtime/limit-store/testing/redis-server.ts';
import { scratchFolder } from '../../support/scratch.ts';
import {
  openWebhookEndpoint,
  signedEvent,
  topic,
  type WebhookEndpoint,
} from '../../support/webhook-endpoint.ts';

/** 40 payments of 5 events each. */
const payments = Array.from({ length: 40 }, (_, index) => `pi_${index}_${randomUUID()}`);
const steps = ['created', 'processing', 'requires_action', 'succeeded', 'refunded'];

const idOf = (payment: string, step: string) => `evt_${payment}_${step}`;

/** Delivers until it is acknowledged, as a sender does, but sooner. Each attempt has a new signature. */
async function deliver({ receiver }: WebhookEndpoint, payment: string, step: string): Promise<void> {
  const body = JSON.stringify({ id: idOf(payment, step), type: step, data: { object: { id: payment } } });
  for (;;) {
    const { statusCode } = await receiver(signedEvent(body));
    if (statusCode === 200) return;
    expect([409, 503]).toContain(statusCode);
    await wait(20);
  }
}

/**
 * Every payment's events one after another, each once more at the same time and an old one again periodically, while
 * the queue is drained all along. Settles when everything was acknowledged and the queue is empty.
 */
async function sendAll(
  endpoint: WebhookEndpoint,
  meanwhile: (sent: () => number) => Promise<void>,
): Promise<void> {
  let sent = 0;
  const over = new AbortController();
  const draining = (async () => {
    while (!over.signal.aborted) if (!(await endpoint.drainOnce())) await wait(20);
  })();
  const sending = payments.map(async (payment, index) => {
    for (const [at, step] of steps.entries()) {
      await Promise.all([deliver(endpoint, payment, step), deliver(endpoint, payment, step)]);
      sent += 1;
      if ((index + at) % 3 === 0) await deliver(endpoint, payment, steps[0] ?? step);
      await wait(10);
    }
  });
  await Promise.all([meanwhile(() => sent), ...sending]);
  while (await endpoint.drainOnce()) await wait(10);
  over.abort();
  await draining;
  while (await endpoint.drainOnce()) await wait(10);
}

/** What a reader that knows events by their ids makes of the log. */
async function readBack(log: EventLog) {
  const reception = await startReceiving(log, randomUUID(), [topic]);
  const ours = () =>
    reception
      .values()
      .map((value) => JSON.parse(value) as CloudEvent)
      .filter(({ partitionkey }) => payments.includes(partitionkey));
  await expect
    .poll(() => new Set(ours().map(({ id }) => id)).size, { timeout: 30_000 })
    .toBe(payments.length * steps.length);
  await wait(500);
  const all = ours();
  await reception.stop();
  const seen = new Set<string>();
  const first = all.filter(({ id }) => !seen.has(id) && seen.add(id));
  return { all, first };
}

function expectInOrder(first: readonly CloudEvent[]): void {
  for (const payment of payments) {
    const ids = first.filter(({ partitionkey }) => partitionkey === payment).map(({ id }) => id);
    expect(ids).toEqual(steps.map((step) => idOf(payment, step)));
  }
}

/** A log on disk, and the same as one that refuses everything while it is away. */
async function unreliableLog() {
  const log = await openEventLog(`file:${scratchFolder('webhook-log')}`, realDependencies);
  const unreliable = {
    isAway: false,
    produce: async (name: string, events: readonly CloudEvent[]) => {
      if (unreliable.isAway) throw new Error('The log is away.');
      await log.produce(name, events);
    },
  };
  return { log, unreliable };
}

describe(`webhooks under load, the limit store${hasRedis ? ' on Redis' : ` in memory${redisNote}`}`, () => {
  test('delivers each event once and each payment in order after the event log was unavailable', async () => {
    const { log, unreliable } = await unreliableLog();
    const endpoint = await openWebhookEndpoint(unreliable, scratchFolder('webhook-queues'));
    await sendAll(endpoint, async (sent) => {
      for (const [from, away] of [
        [20, true],
        [90, false],
        [120, true],
        [150, false],
      ] as const) {
        while (sent() < from) await wait(5);
        unreliable.isAway = away;
      }
    });
    const { all, first } = await readBack(log);
    expectInOrder(first);
    expect(all).toHaveLength(payments.length * steps.length);
    expect(endpoint.counts.get('WebhookFallbacks')).toBeGreaterThan(0);
    expect(endpoint.counts.get('WebhooksDrained')).toBe(endpoint.counts.get('WebhookFallbacks'));
    expect(endpoint.counts.get('WebhookDuplicates')).toBeGreaterThan(0);
    await Promise.all([endpoint.close(), log.close()]);
  });

  test.skipIf(!hasRedis)(
    `a store that forgets everything, again and again, while the log comes and goes: no event is lost${redisNote}`,
    async () => {
      const { log, unreliable } = await unreliableLog();
      const endpoint = await openWebhookEndpoint(unreliable, scratchFolder('webhook-queues'));
      await sendAll(endpoint, async (sent) => {
        for (const from of [20, 60, 100, 140]) {
          while (sent() < from) await wait(5);
          unreliable.isAway = !unreliable.isAway;
          await endpoint.wipeStore();
        }
      });
      // Order is what such a store costs, and duplicates: readers know those by their ids.
      const { all, first } = await readBack(log);
      expect(first).toHaveLength(payments.length * steps.length);
      console.log(`${first.length} events, ${all.length - first.length} of them twice in the log.`);
      await Promise.all([endpoint.close(), log.close()]);
    },
  );

  const hasKafka = process.env['KAFKA_BROKERS'] !== undefined;
  const note = hasKafka ? '' : ' (skipped: KAFKA_BROKERS is not set, see test/support/kafka.mjs)';
  test.skipIf(!hasKafka)(
    `a broker that is killed and started again: no event is lost, each payment in order${note}`,
    async () => {
      const broker = await ownBroker();
      const open = () =>
        openEventLog(`kafka://${broker.address}`, { ...realDependencies, produceTimeoutMilliseconds: 1_500 });
      const [producer, reader] = [await open(), await open()];
      const endpoint = await openWebhookEndpoint(producer, scratchFolder('webhook-queues'));
      await sendAll(endpoint, async (sent) => {
        while (sent() < 40) await wait(5);
        await broker.tell('kill');
        while (sent() < 110) await wait(20);
        await broker.tell('start');
      });
      const { all, first } = await readBack(reader);
      expectInOrder(first);
      console.log(
        `${first.length} events, ${all.length - first.length} of them twice in the log, ` +
          `${endpoint.counts.get('WebhookFallbacks')} by the queue.`,
      );
      expect(endpoint.counts.get('WebhookFallbacks')).toBeGreaterThan(0);
      await Promise.all([endpoint.close(), producer.close(), reader.close()]);
      await broker.close();
    },
    120_000,
  );
});

/** A broker of this test's own, which it may end. */
async function ownBroker() {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, ['test/support/kafka.mjs']);
  child.stderr.pipe(process.stderr);
  const lines: Interface = createInterface({ input: child.stdout });
  const line = async (): Promise<string> => String((await once(lines, 'line'))[0]);
  const address = (await line()).replace('KAFKA_BROKERS=', '');
  return {
    address,
    async tell(word: 'kill' | 'start') {
      const answered = line();
      child.stdin.write(`${word}\n`);
      expect(await answered).toBe(word === 'kill' ? 'down' : 'up');
    },
    async close() {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
