import kafkajs, { type Producer } from 'kafkajs';
import { type CloudEvent, eventContentType } from './cloud-event.ts';
import { eventText } from './event-text.ts';
import { type KafkaClient, type KafkaCluster, openKafkaClient } from './kafka-cluster.ts';
import type { KafkaLogDependencies } from './kafka-log.ts';

interface Open {
  readonly client: KafkaClient;
  readonly producer: Producer;
  readonly connected: Promise<void>;
}

/** Below this, compressing costs more than it saves. */
const compressFromBytes = 2_048;

/**
 * An idempotent producer: acknowledged by all in-sync replicas, one batch on its way at a time, so that neither retries
 * nor a change of leader repeat or reorder what one client sends. Its connections are kept from call to call.
 *
 * After a failure the client is thrown away with its connections: the fate of what it has sent is not known, and a
 * retry of its own must not come after what is sent next.
 */
export function createKafkaProducer(
  cluster: KafkaCluster,
  { wait, produceTimeoutMilliseconds }: KafkaLogDependencies,
) {
  let open: Open | null = null;

  const connect = (): Open => {
    const client = openKafkaClient(cluster);
    const producer = client.kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: cluster.createsTopics,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    return { client, producer, connected: producer.connect() };
  };

  const drop = (used: Open): void => {
    if (open === used) open = null;
    used.client.drop();
    used.producer.disconnect().catch(() => {});
  };

  return {
    async produce(topic: string, events: readonly CloudEvent[]): Promise<void> {
      if (events.length === 0) return;
      open ??= connect();
      const used = open;
      const settled = new AbortController();
      const deadline = wait(produceTimeoutMilliseconds, settled.signal).then(() => {
        if (settled.signal.aborted) return;
        throw new Error(`Kafka has not taken the events for ${topic} in ${produceTimeoutMilliseconds} ms.`);
      });
      const sent = used.connected.then(() => used.producer.send(requestOf(topic, events)));
      try {
        await Promise.race([sent, deadline]);
      } catch (error) {
        sent.catch(() => {});
        drop(used);
        throw error;
      } finally {
        settled.abort();
      }
    },
    async close(): Promise<void> {
      const used = open;
      open = null;
      if (used === null) return;
      const left = used.connected.then(() => used.producer.disconnect()).catch(() => {});
      const hasLeft = new AbortController();
      await Promise.race([left, wait(produceTimeoutMilliseconds, hasLeft.signal)]);
      hasLeft.abort(); // Its timer would keep the process alive.
      used.client.drop();
    },
  };
}

function requestOf(topic: string, events: readonly CloudEvent[]) {
  const messages = events.map((event) => ({
    key: event.partitionkey,
    value: eventText(event),
    headers: { 'content-type': eventContentType },
  }));
  const bytes = messages.reduce((sum, { value }) => sum + value.length, 0);
  const { GZIP, None } = kafkajs.CompressionTypes;
  return { topic, messages, acks: -1, compression: bytes < compressFromBytes ? None : GZIP };
}
