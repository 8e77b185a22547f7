import { randomUUID } from 'node:crypto';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { openEventLog } from './open-event-log.ts';
import { eventLogCases } from './testing/event-log-cases.ts';
import { numberedEvents, realDependencies } from './testing/event-logs.ts';

const brokers = process.env['KAFKA_BROKERS'];
const reason =
  brokers === undefined ? ' (skipped: KAFKA_BROKERS is not set, see test/support/kafka.mjs)' : '';
const open = () => openEventLog(`kafka://${brokers}`, realDependencies);

eventLogCases(`Kafka${reason}`, open, brokers !== undefined);

describe.skipIf(brokers === undefined)(`a real broker${reason}`, () => {
  test('stores events in the form of CloudEvents, compressed when that saves space', async () => {
    const topic = `t-${randomUUID()}`;
    const events = [...numberedEvents('a', 100), ...numberedEvents('a', 1, 100)];
    const log = await open();
    await log.produce(topic, events.slice(0, 100));
    await log.produce(topic, events.slice(100));
    await log.close();

    const kafka = new kafkajs.Kafka({
      brokers: (brokers ?? '').split(','),
      logLevel: kafkajs.logLevel.NOTHING,
    });
    const consumer = kafka.consumer({ groupId: randomUUID() });
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    const records: { readonly type: string; readonly event: unknown }[] = [];
    await new Promise<void>((resolve) => {
      void consumer.run({
        eachMessage: async ({ message }) => {
          records.push({
            type: String(message.headers?.['content-type']),
            event: JSON.parse(String(message.value)),
          });
          if (records.length === events.length) resolve();
        },
      });
    });
    await consumer.disconnect();
    expect(records.map(({ event }) => event)).toEqual(events);
    expect(new Set(records.map(({ type }) => type))).toEqual(
      new Set(['application/cloudevents+json; charset=UTF-8']),
    );
  });
});

test('rejects within the deadline each time while no broker is available, and still closes', async () => {
  const log = await openEventLog('kafka://127.0.0.1:1', {
    ...realDependencies,
    produceTimeoutMilliseconds: 300,
  });
  const events = numberedEvents('a', 1);
  await expect(log.produce('t', events)).rejects.toThrow(
    'Kafka has not acknowledged the events for t in 300 ms.',
  );
  await expect(log.produce('t', events)).rejects.toThrow('Kafka has not acknowledged');
  await log.close();
});
