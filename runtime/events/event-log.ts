import type { CloudEvent } from './cloud-event.ts';

/** Topics of events in a durable log: Kafka, or files on a laptop. */
export interface EventLog {
  /**
   * Appends events to a topic, in their order within each `partitionkey`.
   * Resolves once all of them are durable: acknowledged by every in-sync replica, or written to the file.
   * Rejects when that is not confirmed within the deadline; some of them may be in the log all the same, and
   * may be produced again.
   */
  produce(topic: string, events: readonly CloudEvent[]): Promise<void>;
  /**
   * Reads topics for a group, each record at least once, until it is stopped. Members of a group share the
   * partitions; each partition has one reader at a time, in order.
   *
   * @throws {Error} if the log cannot be read at all, as `stdout:`.
   */
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** Stops every consumption, then closes connections and files. */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** The start position of a group that has not committed yet. @default 'earliest' */
  readonly from?: 'earliest' | 'latest';
  /** @default 100 */
  readonly maxBatch?: number;
  /**
   * Processes the next records of one partition. When it resolves, they are committed; when it rejects, they
   * are delivered again after a pause (100 ms, doubling up to 5 s) and before any later record of this
   * partition. The handler must set aside a record that no attempt can process.
   * `signal` aborts when the partition is lost or the consumption stops: finish soon, or reject.
   */
  readonly onBatch: (batch: RecordBatch, signal: AbortSignal) => Promise<void>;
  /** Called with each failure that is retried. */
  readonly onError?: (error: unknown) => void;
}

export interface RecordBatch {
  readonly topic: string;
  readonly partition: number;
  /** At least one. */
  readonly records: readonly LogRecord[];
}

export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  /** Decimal; increases within a partition. */
  readonly offset: string;
  readonly key: string | null;
  /**
   * Key, value and headers as bytes, where the log has them: text cannot hold everything that a producer may
   * write.
   */
  readonly raw?: RawRecord;
  /**
   * The value as it was produced, for `parseEvent`. Bytes when it is not UTF-8, so that nothing is replaced
   * silently.
   */
  readonly value: string | Uint8Array;
  /** Milliseconds since the epoch at which the log stored the record, if the log provides it. */
  readonly timestampMs: number | null;
}

export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  /** One entry per header value. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[];
}

export interface Consumption {
  /** Lets a batch in progress finish, commits it and leaves the group. */
  stop(): Promise<void>;
}

/** Appends events to the topics of their types. */
export async function produceByType(
  log: Pick<EventLog, 'produce'>,
  events: readonly CloudEvent[],
): Promise<void> {
  const topics = new Map<string, CloudEvent[]>();
  for (const event of events) {
    const ofTopic = topics.get(event.type);
    if (ofTopic === undefined) topics.set(event.type, [event]);
    else ofTopic.push(event);
  }
  await Promise.all([...topics].map(([topic, ofTopic]) => log.produce(topic, ofTopic)));
}
