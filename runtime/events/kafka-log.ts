import type { EventLog } from './event-log.ts';
import type { KafkaCluster } from './kafka-cluster.ts';
import { consumeKafka, type KafkaConsumption } from './kafka-consumer.ts';
import { createKafkaProducer, type KafkaLogDependencies } from './kafka-producer.ts';

/**
 * A log in Kafka. The partition key is the record's key, hashed as Kafka's own clients do, and the value is
 * the structured JSON form of the Kafka binding of CloudEvents.
 */
export function createKafkaLog(cluster: KafkaCluster, dependencies: KafkaLogDependencies): EventLog {
  const producer = createKafkaProducer(cluster, dependencies);
  const consumptions = new Set<KafkaConsumption>();
  return {
    produce: (topic, events) => producer.produce(topic, events),
    async consume(options) {
      const consumption = consumeKafka(cluster, options, dependencies.wait);
      // Registered before it has started, so that closing the log meanwhile leaves no reader behind.
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
