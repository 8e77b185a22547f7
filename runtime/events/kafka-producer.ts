import kafkajs, { type Producer } from 'kafkajs';
import { type CloudEvent, eventContentType } from './cloud-event.ts';
import { eventText } from './event-text.ts';
import { type KafkaClient, type KafkaCluster, openKafkaClient } from './kafka-cluster.ts';

export interface KafkaLogDependencies {
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Longest time of one `produce`, including connecting and retries. */
  readonly produceTimeoutMilliseconds: number;
}

interface Open {
  readonly client: KafkaClient;
  readonly producer: Producer;
  readonly connected: Promise<void>;
}

/** Below this size, compression costs more than it saves. */
const compressFromBytes = 2_048;

/**
 * An idempotent producer: acknowledged by all in-sync replicas, with one batch in flight at a time, so that
 * neither retries nor a change of leader repeat or reorder what one client sends. Its connections are kept
 * from call to call.
 * After a failure the client is discarded with its connections: the result of what it has sent is unknown,
 * and its retry must not arrive after what is sent next.
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
        throw new Error(
          `Kafka has not acknowledged the events for ${topic} in ${produceTimeoutMilliseconds} ms.`,
        );
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
