import kafkajs from 'kafkajs';
import { byTopic, type EventSink } from './event-log.ts';

/**
 * A log in Kafka: the event's type is the topic, its partition key the record's key, and the value is the structured
 * JSON form of the Kafka binding of CloudEvents. Written means acknowledged by all in-sync replicas. One batch is on
 * its way at a time, so that order per key holds over retries.
 */
export function createKafkaSink(clientId: string, brokers: readonly string[]): EventSink {
  const kafka = new kafkajs.Kafka({
    clientId,
    brokers: [...brokers],
    connectionTimeout: 2_000,
    requestTimeout: 10_000,
    // Failures come back as errors, which the event log logs and tries again.
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 100, retries: 5 },
  });
  const producer = kafka.producer({ maxInFlightRequests: 1 });
  let connected: Promise<void> | null = null;

  const connect = (): Promise<void> => {
    connected ??= producer.connect();
    connected.catch(() => {
      connected = null;
    });
    return connected;
  };

  return {
    async write(events) {
      await connect();
      await producer.sendBatch({
        acks: -1,
        topicMessages: [...byTopic(events)].map(([topic, ofTopic]) => ({
          topic,
          messages: ofTopic.map((event) => ({
            key: event.partitionkey,
            value: JSON.stringify(event),
            headers: { 'content-type': 'application/cloudevents+json; charset=UTF-8' },
          })),
        })),
      });
    },
    async close() {
      if (connected !== null) await producer.disconnect();
    },
  };
}
