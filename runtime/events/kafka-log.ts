import type { EventLog } from './event-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { consumeKafka, type KafkaConsumption } from './kafka-consumer.ts';
import { createKafkaProducer } from './kafka-producer.ts';

export interface KafkaLogDependencies {
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Longest that one `produce` may take, connecting and its retries included. */
  readonly produceTimeoutMilliseconds: number;
}

/**
 * A log in Kafka. The partition key is the record's key, hashed as Kafka's own clients do, and the value is the
 * structured JSON form of the Kafka binding of CloudEvents.
 */
export function createKafkaLog(cluster: KafkaCluster, dependencies: KafkaLogDependencies): EventLog {
  const producer = createKafkaProducer(cluster, dependencies);
  const consumptions = new Set<KafkaConsumption>();
  return {
    produce: (topic, events) => producer.produce(topic, events),
    async consume(options) {
      const consumption = consumeKafka(cluster, options, dependencies.wait);
      // Before it has started: a log that is closed meanwhile leaves no reader behind.
      consumptions.add(consumption);
      await consumption.started;
      return {
        async stop() {
          await consumption.stop();
          consumptions.delete(consumption);
        },
      };
    },
    async close() {
      await Promise.all([...consumptions].map((consumption) => consumption.stop()));
      await producer.close();
    },
  };
}
