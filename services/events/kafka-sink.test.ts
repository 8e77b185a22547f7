import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { createPublish, type StoreEvent } from './event.ts';
import { createEventLog } from './event-log.ts';
import { openSink } from './open-sink.ts';

const brokers = process.env['KAFKA_BROKERS'];
const reason =
  brokers === undefined ? ' (skipped: KAFKA_BROKERS is not set, see test/support/kafka.mjs)' : '';

/** Everything of a topic so far whose key is among `keys`, as soon as there is as much as awaited. */
async function readTopic(topic: string, keys: ReadonlySet<string>, awaited: number) {
  const kafka = new kafkajs.Kafka({
    brokers: (brokers ?? '').split(','),
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const consumer = kafka.consumer({ groupId: randomUUID() });
  const records: { readonly key: string; readonly type: string; readonly event: StoreEvent }[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          const key = String(message.key);
          if (!keys.has(key)) return;
          records.push({
            key,
            type: String(message.headers?.['content-type']),
            event: JSON.parse(String(message.value)) as StoreEvent,
          });
          if (records.length === awaited) resolve();
        },
      })
      .catch(reject);
  });
  await consumer.disconnect();
  return records;
}

function inventoryEvents(productId: string, count: number): StoreEvent[] {
  const events: StoreEvent[] = [];
  const publish = createPublish(
    'inventory',
    (event) => events.push(event),
    () => new Date(0),
    randomUUID,
  );
  for (let available = 0; available < count; available += 1) {
    publish('inventory.updated', productId, { productId, available, reserved: 0, cause: 'reserved' });
  }
  return events;
}

describe.skipIf(brokers === undefined)(`a real broker${reason}`, () => {
  test('has every event under its key, in order, in the form of CloudEvents', async () => {
    const productId = `p-${randomUUID()}`;
    const written = inventoryEvents(productId, 1_200);
    const sink = await openSink(`kafka://${brokers}`, { clientId: 'inventory', writeLine: () => {} });
    const lines: string[] = [];
    const log = createEventLog(sink, {
      log: (_, message) => lines.push(message),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
    for (const event of written) log.deliver(event);
    await log.close(20_000);
    expect(log.counts()).toMatchObject({ pending: 0, written: 1_200, dropped: 0 });

    const records = await readTopic('inventory.updated', new Set([productId]), written.length);
    expect(records.map(({ event }) => event)).toEqual(written);
    expect(new Set(records.map(({ type }) => type))).toEqual(
      new Set(['application/cloudevents+json; charset=UTF-8']),
    );
  });

  test('topics of one batch each get their own', async () => {
    const [event] = inventoryEvents(`p-${randomUUID()}`, 1) as [StoreEvent];
    const order = { ...event, type: 'orders.created' } as StoreEvent;
    const sink = await openSink(`kafka://${brokers}`, { clientId: 'order', writeLine: () => {} });
    await sink.write([event, order]);
    await sink.close();
    const keys = new Set([event.partitionkey]);
    expect((await readTopic('orders.created', keys, 1)).map((record) => record.event)).toEqual([order]);
    expect((await readTopic('inventory.updated', keys, 1)).map((record) => record.event)).toEqual([event]);
  });
});

test('a broker that is not there is an error, again and again, and closing still works', async () => {
  const sink = await openSink('kafka://127.0.0.1:1', { clientId: 'inventory', writeLine: () => {} });
  const events = inventoryEvents('p', 1);
  await expect(sink.write(events)).rejects.toThrow('ECONNREFUSED');
  await expect(sink.write(events)).rejects.toThrow('ECONNREFUSED');
  await sink.close();
});
