import { describeError, type Log } from '../../runtime/logging/log.ts';
import { embeddedMetrics } from '../../runtime/logging/metrics.ts';
import { type AccessLogTopic, accessLogEvent } from './access-log-topic.ts';
import { type AccessLine, type AccessRecord, parseLine, readRecord } from './access-record.ts';
import type { MetricName } from './contract.ts';
import { type LogLine, readLogBatch } from './log-batch.ts';
import { MessageParseError, objectOf } from './message-encoding.ts';
import type { Metered } from './meter.ts';

export interface MeteringDependencies {
  readonly environment: string;
  readonly meter: (records: readonly AccessRecord[]) => Promise<Metered>;
  readonly topic: AccessLogTopic;
  /** Resolves once the dead-letter queue has stored the message. */
  readonly sendToDeadLetterQueue: (body: string) => Promise<void>;
  readonly log: Log;
  /** Receives one line of metrics without its end. */
  readonly writeMetrics: (line: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The answer to SQS: the messages that stay in the queue. */
export interface QueueAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/**
 * The function's handler. It processes lines of the access log from CloudWatch Logs, and from queues: failed
 * invocations (as an on-failure destination writes them) and events that wait for the event log.
 *
 * @throws the error that stops a batch of lines: the invocation is retried, and counts nothing twice.
 */
export function createMetering(dependencies: MeteringDependencies) {
  const { log } = dependencies;
  return async (event: unknown): Promise<QueueAnswer | undefined> => {
    const messages = queueMessages(event);
    if (messages === undefined) {
      await meterBatch(event, dependencies);
      return undefined;
    }
    const failed: string[] = [];
    for (const { messageId, body } of messages) {
      try {
        await takeMessage(body, dependencies);
      } catch (error) {
        log.warn('A message stays in its queue.', { messageId, error: describeError(error) });
        failed.push(messageId);
      }
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

/** A message that cannot be parsed goes to the dead-letter queue, because retries for days would not help. */
async function takeMessage(body: string, dependencies: MeteringDependencies): Promise<void> {
  const { topic, log, sendToDeadLetterQueue: bury } = dependencies;
  try {
    const { requestPayload: failure } = objectOf(body);
    await (failure === undefined ? topic.drain(body) : meterBatch(failure, dependencies));
  } catch (error) {
    if (!(error instanceof MessageParseError)) throw error;
    log.error('A message cannot be parsed and goes to the dead-letter queue.', {
      error: describeError(error),
    });
    await bury(body);
  }
}

/** Counts first, because that needs no broker. */
async function meterBatch(event: unknown, dependencies: MeteringDependencies): Promise<void> {
  const { environment, meter, topic, log, writeMetrics, now } = dependencies;
  const lines = readLogBatch(event);
  if (lines === undefined)
    throw new MessageParseError('The event is neither from CloudWatch Logs nor from a queue.');
  const read = lines.map((line) => ({ line, fields: parseLine(line.message) }));
  const records: AccessRecord[] = [];
  let unreadable = 0;
  for (const { line, fields } of read) {
    const result = fields === undefined ? notJson : readRecord(fields, now());
    if (result.kind === 'counted') records.push(result.record);
    if (result.kind !== 'unreadable') continue;
    unreadable += 1;
    log.error('A line of the access log cannot be parsed.', { id: line.id, reason: result.reason });
  }
  const metered = await meter(records);
  const events = read.flatMap(({ line, fields }) =>
    fields === undefined ? [] : [accessLogEvent(fields, eventPositionOf(line, fields))],
  );
  const where = await topic.write(events);
  const counts: Record<MetricName, number> = {
    MeteredLines: lines.length,
    MeteredRequests: metered.counts.requests,
    MeteredBytes: metered.counts.bytes,
    MeteredDuplicates: metered.duplicates,
    AccessLogParseErrors: unreadable,
    AccessLogLinesTooOld: metered.tooOld,
    QuotaUpdateFailures: metered.chargeFailures,
    QuotaAlerts: metered.alerts,
    AccessLogEvents: where === 'log' ? events.length : 0,
    AccessLogFallback: where === 'queue' ? events.length : 0,
  };
  writeMetrics(embeddedMetrics([{ dimensions: ['environment'], counts }], { environment }, now()));
}

const notJson = { kind: 'unreadable', reason: 'not a JSON object of texts' } as const;

/** The request's own id and time, or those of CloudWatch Logs. */
function eventPositionOf({ id, timestampMs }: LogLine, { requestId, timeEpochMs }: AccessLine) {
  const ownTime = Number(timeEpochMs);
  return {
    id: requestId === undefined || requestId === '-' || requestId === '' ? id : requestId,
    timeMs: isTime(ownTime) ? ownTime : timestampMs,
  };
}

/** The latest `Date` that ISO 8601 writes with a year of four digits. */
function isTime(milliseconds: number): boolean {
  return Number.isSafeInteger(milliseconds) && milliseconds > 0 && milliseconds < Date.UTC(9999, 0);
}

interface QueueMessage {
  readonly messageId: string;
  readonly body: string;
}

function queueMessages(event: unknown): readonly QueueMessage[] | undefined {
  const records = (event as { readonly Records?: unknown } | null)?.Records;
  if (!Array.isArray(records)) return undefined;
  return records.map((record: unknown) => {
    const { messageId, body } = Object(record) as Readonly<Record<string, unknown>>;
    return { messageId: String(messageId), body: typeof body === 'string' ? body : '' };
  });
}
