import type { LogRecord } from '../../../../runtime/events/event-log.ts';
import type { Condition } from './deliver-records.ts';
import type { TopicMapping } from './mapping-resources.ts';
import { partitionName, topicEvent } from './topic-event.ts';

/**
 * What Lambda tells a destination of records that it has given up: where they are, not what they hold
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-on-failure.html).
 *
 * @param records of one partition; at least one.
 */
export function failureRecord(
  mapping: TopicMapping,
  records: readonly LogRecord[],
  condition: Condition,
  attempts: number,
  dependencies: { readonly nowMilliseconds: number; readonly requestId: string },
): Readonly<Record<string, unknown>> {
  const { nowMilliseconds, requestId } = dependencies;
  const [first, last] = [records[0], records.at(-1)];
  if (first === undefined || last === undefined) throw new Error('Nothing was given up.');
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
