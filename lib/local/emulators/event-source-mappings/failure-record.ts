import type { LogRecord } from '../../../../runtime/events/event-log.ts';
import type { Condition } from './deliver-records.ts';
import type { TopicMapping } from './mapping-resources.ts';
import { partitionName, topicEvent } from './topic-event.ts';

/** Records of one partition that Lambda does not retry any more; at least one. */
interface GivenUp {
  readonly records: readonly LogRecord[];
  readonly condition: Condition;
  /** How often the function was invoked with the records. */
  readonly attempts: number;
}

/**
 * The message that Lambda sends to an on-failure destination. It holds the offsets of the records, not their values
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html).
 */
export function failureRecord(
  mapping: TopicMapping,
  { records, condition, attempts }: GivenUp,
  dependencies: { readonly nowMilliseconds: number; readonly requestId: string },
): Readonly<Record<string, unknown>> {
  const { nowMilliseconds, requestId } = dependencies;
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined)
    throw new Error('A failure record needs at least one record.');
  const timestamp = (record: LogRecord) => new Date(record.timestampMs ?? nowMilliseconds).toISOString();
  return {
    requestContext: {
      requestId,
      functionArn: mapping.functionName,
      condition,
      approximateInvokeCount: attempts,
    },
    responseContext:
      condition === 'RetryAttemptsExhausted'
        ? { statusCode: 200, executedVersion: '1', functionError: 'Unhandled' }
        : null,
    version: '1.0',
    timestamp: new Date(nowMilliseconds).toISOString(),
    KafkaBatchInfo: {
      batchSize: records.length,
      ...(mapping.sourceArn === null ? {} : { eventSourceArn: mapping.sourceArn }),
      bootstrapServers: 'local',
      payloadSize: JSON.stringify(topicEvent(records, mapping.sourceArn, nowMilliseconds)).length,
      recordsInfo: {
        [partitionName(first)]: {
          firstRecordOffset: first.offset,
          lastRecordOffset: last.offset,
          firstRecordTimestamp: timestamp(first),
          lastRecordTimestamp: timestamp(last),
        },
      },
    },
  };
}
