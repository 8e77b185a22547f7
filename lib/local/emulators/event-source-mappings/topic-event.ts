import type { LogRecord } from '../../../../runtime/events/event-log.ts';
import { filteredText } from './filter.ts';

/** One record as the function receives it. */
interface KafkaRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly timestampType: 'CREATE_TIME';
  /** Base64; omitted when the record has no key. */
  readonly key?: string;
  /** Base64. */
  readonly value: string;
  /** Always empty: the event log has no headers. */
  readonly headers: readonly never[];
}

/**
 * The event that a function receives for records of one partition of an MSK or self-managed cluster
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-msk.html#msk-sample-event).
 *
 * @param sourceArn the ARN of the MSK cluster; null for a self-managed cluster.
 */
export function topicEvent(
  records: readonly LogRecord[],
  sourceArn: string | null,
  nowMilliseconds: number,
): Readonly<Record<string, unknown>> {
  const [first] = records;
  if (first === undefined) throw new Error('A batch has at least one record.');
  return {
    ...(sourceArn === null
      ? { eventSource: 'SelfManagedKafka' }
      : { eventSource: 'aws:kafka', eventSourceArn: sourceArn }),
    bootstrapServers: 'local',
    records: {
      [partitionName(first)]: records.map(
        (record): KafkaRecord => ({
          topic: record.topic,
          partition: record.partition,
          offset: Number(record.offset),
          timestamp: record.timestampMs ?? nowMilliseconds,
          timestampType: 'CREATE_TIME',
          ...(record.key === null ? {} : { key: base64(record.key) }),
          value: base64(record.value),
          headers: [],
        }),
      ),
    },
  };
}

/** The name of a partition in events and in reported failures. */
export const partitionName = ({ topic, partition }: LogRecord): string => `${topic}-${partition}`;

/** The view of a record that filters match (https://docs.aws.amazon.com/lambda/latest/dg/kafka-filtering.html). */
export function filteredRecord(record: LogRecord): Readonly<Record<string, unknown>> {
  const { topic, partition, offset, timestampMs } = record;
  const metadata = { topic, partition, offset: Number(offset), timestamp: timestampMs };
  return { ...metadata, key: filteredText(record.key ?? ''), value: filteredText(textOf(record.value)) };
}

const base64 = (value: string | Uint8Array): string => Buffer.from(value as string).toString('base64');
const textOf = (value: string | Uint8Array): string =>
  typeof value === 'string' ? value : Buffer.from(value).toString('utf8');
