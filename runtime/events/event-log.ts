import type { CloudEvent } from './cloud-event.ts';

/** Topics of events that wait in a durable log: Kafka, or files on a laptop. */
export interface EventLog {
  /**
   * Appends events to a topic, in their order within each `partitionkey`.
   *
   * Settles once all of them are durable: acknowledged by every in-sync replica, or written to the file. Rejects when
   * that is not so within the deadline; some of them may be there all the same, and may be produced again.
   */
  produce(topic: string, events: readonly CloudEvent[]): Promise<void>;
  /**
   * Reads topics for a group, each record at least once, until it is stopped. Members of a group share the partitions;
   * each partition has one reader at a time, in order.
   *
   * @throws {Error} if the log cannot be read at all, as `stdout:`.
   */
  consume(options: ConsumeOptions): Promise<Consumption>;
  /** Stops every consumption, then lets go of connections and files. */
  close(): Promise<void>;
}

export interface ConsumeOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Where a group begins that has committed nothing yet. @default 'earliest' */
  readonly from?: 'earliest' | 'latest';
  /** @default 100 */
  readonly maxBatch?: number;
  /**
   * Takes the next records of one partition. When it settles they are committed; when it rejects they come again after
   * a pause (100 ms, doubling up to 5 s), and nothing of this partition comes before them: a record that no attempt
   * can help is the handler's to put aside.
   *
   * `signal` aborts when the partition is lost or the consumption stops: finish soon, or reject.
   */
  readonly onBatch: (batch: RecordBatch, signal: AbortSignal) => Promise<void>;
  /** Told of failures that are tried again. */
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
  /** Decimal; grows within a partition. */
  readonly offset: string;
  readonly key: string | null;
  /** Key, value and headers as bytes, where the log has them: text cannot hold all that a producer may write. */
  readonly raw?: RawRecord;
  /** As it was produced: give it to `parseEvent`. Bytes where they are not UTF-8, so that nothing is replaced unseen. */
  readonly value: string | Uint8Array;
  /** Milliseconds since the epoch at which the log took it, where the log knows. */
  readonly timestampMs: number | null;
}

export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array;
  /** Each header once for each of its values. */
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[];
}

export interface Consumption {
  /** Lets a batch under way finish, commits it and leaves the group. */
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
