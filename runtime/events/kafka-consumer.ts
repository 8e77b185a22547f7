import { isUtf8 } from 'node:buffer';
import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { anySignal } from '../concurrency/deadline.ts';
import type { ConsumeOptions, LogRecord } from './event-log.ts';
import { type KafkaCluster, openKafkaClient } from './kafka-cluster.ts';
import { retryDelayMilliseconds } from './retry-delay.ts';

export interface KafkaConsumption {
  /** Resolves when the first client reads or has failed; never rejects. */
  readonly started: Promise<void>;
  /** May be called before the start. */
  stop(): Promise<void>;
}

type Wait = (ms: number, signal?: AbortSignal) => Promise<void>;

/**
 * Time after which the partitions of an ended member go to others; a busy process must not be taken for an
 * ended one.
 */
const sessionMilliseconds = 15_000;
const heartbeatMilliseconds = 3_000;
/** Partitions handled at the same time, so that a blocked one does not hold up the others. */
const concurrentPartitions = 8;
const restartPauseMilliseconds = 1_000;
/**
 * Time for a running handler, its commit and leaving the group; after it the consumer closes anyway, because
 * ECS waits for 30 s.
 */
const leaveMilliseconds = 15_000;

/** Reads for a group until it is stopped, and replaces a failed client by a new one. */
export function consumeKafka(cluster: KafkaCluster, options: ConsumeOptions, wait: Wait): KafkaConsumption {
  const stop = new AbortController();
  let first: () => void = () => {};
  const started = new Promise<void>((resolve) => {
    first = resolve;
  });
  const running = (async () => {
    while (!stop.signal.aborted) {
      await runConsumer({ cluster, options, wait, stop: stop.signal }, first).catch((error: unknown) =>
        options.onError?.(error),
      );
      first();
      await wait(restartPauseMilliseconds, stop.signal);
    }
  })();
  return {
    started,
    async stop() {
      stop.abort();
      await running;
    },
  };
}

interface ConsumerRun {
  readonly cluster: KafkaCluster;
  readonly options: ConsumeOptions;
  readonly wait: Wait;
  readonly stop: AbortSignal;
}

/** Resolves when the consumer is stopped; rejects when it has failed permanently. */
async function runConsumer(
  { cluster, options, wait, stop }: ConsumerRun,
  onRunning: () => void,
): Promise<void> {
  const client = openKafkaClient(cluster);
  const consumer = client.kafka.consumer({
    groupId: options.group,
    allowAutoTopicCreation: cluster.createsTopics,
    sessionTimeout: sessionMilliseconds,
    heartbeatInterval: heartbeatMilliseconds,
    maxWaitTimeInMs: 500,
  });
  const ended = new Promise<void>((resolve, reject) => {
    stop.addEventListener('abort', () => resolve(), { once: true });
    consumer.on('consumer.crash', ({ payload }) => {
      options.onError?.(payload.error);
      if (!payload.restart) reject(payload.error);
    });
  });
  ended.catch(() => {});
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [...options.topics], fromBeginning: options.from !== 'latest' });
    await consumer.run({
      eachBatchAutoResolve: false,
      autoCommit: false,
      partitionsConsumedConcurrently: concurrentPartitions,
      eachBatch: (payload) => handleBatch(payload, options, wait, stop),
    });
    onRunning();
    await ended;
  } finally {
    const left = consumer.disconnect().catch((error: unknown) => options.onError?.(error));
    const hasLeft = new AbortController();
    await Promise.race([left, wait(leaveMilliseconds, hasLeft.signal)]);
    hasLeft.abort(); // Its timer would keep the process alive.
    client.drop();
  }
}

/**
 * Passes the fetched records to the handler in batches of the requested size, and commits each batch that was
 * processed.
 */
async function handleBatch(
  payload: EachBatchPayload,
  { maxBatch = 100, onBatch, onError }: ConsumeOptions,
  wait: Wait,
  stop: AbortSignal,
): Promise<void> {
  const { topic, partition, messages: fetched } = payload.batch;
  const lost = new AbortController();
  const { signal, release } = anySignal([stop, lost.signal]);
  const isOurs = () => payload.isRunning() && !payload.isStale() && !signal.aborted;
  // While the handler works, only this heartbeat keeps the member in the group.
  const beating = setInterval(() => {
    payload.heartbeat().catch((error: unknown) => {
      onError?.(error);
      lost.abort();
    });
  }, heartbeatMilliseconds);
  try {
    for (let at = 0, failures = 0; at < fetched.length && isOurs(); ) {
      const messages = fetched.slice(at, at + maxBatch);
      try {
        const records = messages.map((message) => recordOf(topic, partition, message));
        await onBatch({ topic, partition, records }, signal);
      } catch (error) {
        onError?.(error);
        failures += 1;
        await wait(retryDelayMilliseconds(failures), signal);
        continue;
      }
      failures = 0;
      at += messages.length;
      const last = messages.at(-1)?.offset ?? '0';
      const next = { partition, offset: (BigInt(last) + 1n).toString() };
      // The consumer's own commit is not used: it forgets its commits once it is asked to stop.
      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions: [next] }] });
      payload.resolveOffset(last);
    }
  } finally {
    clearInterval(beating);
    release();
  }
}

function recordOf(topic: string, partition: number, message: KafkaMessage): LogRecord {
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key === null ? null : message.key.toString('utf8'),
    value: message.value === null ? '' : textOrBytes(message.value),
    timestampMs: Number(message.timestamp),
    raw: {
      key: message.key,
      value: message.value ?? new Uint8Array(),
      headers: Object.entries(message.headers ?? {}).flatMap(([name, values]) =>
        [values ?? []].flat().map((value) => [name, Buffer.from(value)] as const),
      ),
    },
  };
}

function textOrBytes(bytes: Buffer): string | Uint8Array {
  return isUtf8(bytes) ? bytes.toString('utf8') : bytes;
}
