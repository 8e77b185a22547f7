import type { LogRecord } from '../../../../runtime/events/event-log.ts';
import { isRecord } from '../../../common/is-record.ts';
import type { InvocationResult } from '../lambda/runtime-api.ts';
import { itemFailures } from './item-failures.ts';
import type { TopicMapping } from './mapping-resources.ts';
import { filteredRecord, partitionName, topicEvent } from './topic-event.ts';

/** Why Lambda stops retrying records, as its failure record names it. */
export type Condition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded';

export interface DeliveryPorts {
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves after the given milliseconds, or at once when the signal aborts. */
  readonly wait: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  /** Reports records that are not retried any more. When it rejects, the delivery fails and is repeated. */
  readonly giveUp: (records: readonly LogRecord[], condition: Condition, attempts: number) => Promise<void>;
}

interface Batch {
  readonly records: readonly LogRecord[];
  readonly attempts: number;
}

/** The payload limit of a synchronous invocation: 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). */
const maxEventBytes = 6 * 1024 * 1024;
const firstPauseMilliseconds = 100;
const longestPauseMilliseconds = 10_000;

/**
 * Delivers the records of one partition to the function, in order, with the retries of Lambda
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html): records are filtered; a failed batch is
 * retried from the first failed record on, in halves when the mapping bisects; records are given up when their retries
 * or their maximum age are exhausted.
 *
 * @throws {Error} when the signal aborts first. The caller must then deliver the remaining records again.
 */
export async function deliverRecords(
  records: readonly LogRecord[],
  mapping: TopicMapping,
  ports: DeliveryPorts,
  signal: AbortSignal,
): Promise<void> {
  const matching = records.filter(
    (record) =>
      mapping.filters.length === 0 ||
      mapping.filters.some((filter) => filter.matches(filteredRecord(record))),
  );
  /** A stack: the next batch is the last element. */
  const waiting: Batch[] = chunks(matching)
    .map((chunk) => ({ records: chunk, attempts: 0 }))
    .toReversed();
  for (let batch = waiting.pop(); batch !== undefined; batch = waiting.pop()) {
    signal.throwIfAborted();
    const young = await withoutOld(batch, mapping, ports);
    if (young.length === 0) continue;
    const result = await ports.invoke(topicEvent(young, mapping.sourceArn, ports.now()));
    const done = doneRecords(young, result, mapping);
    if (done === young.length) continue;
    const next = await afterFailure({ records: young, attempts: batch.attempts }, done, mapping, ports);
    if (next.length === 0) continue;
    waiting.push(...next.toReversed());
    await ports.wait(pauseMilliseconds(next[0]?.attempts ?? 0), signal);
  }
}

/** The number of records that succeeded, counted from the first one. */
function doneRecords(records: readonly LogRecord[], result: InvocationResult, mapping: TopicMapping): number {
  if (!result.ok) return 0;
  if (!mapping.reportsItemFailures) return records.length;
  const failures = itemFailures(result.payload);
  if (failures === null) return 0;
  const indexes = failures.map((identifier) =>
    isRecord(identifier)
      ? records.findIndex(
          (record) =>
            partitionName(record) === identifier['partition'] &&
            Number(record.offset) === identifier['offset'],
        )
      : -1,
  );
  // An identifier of an unknown record makes the whole batch fail, as in AWS.
  return indexes.includes(-1) ? 0 : Math.min(records.length, ...indexes);
}

/** The next batches after a batch of which only the first `done` records succeeded. */
async function afterFailure(
  { records, attempts }: Batch,
  done: number,
  { bisects, maxRetries }: TopicMapping,
  { giveUp }: DeliveryPorts,
): Promise<readonly Batch[]> {
  const rest = records.slice(done);
  // A batch that made progress starts again as a new one. Neither that nor a split counts as a retry.
  if (done > 0) return [{ records: rest, attempts: 0 }];
  if (bisects && rest.length > 1) {
    const middle = Math.ceil(rest.length / 2);
    return [rest.slice(0, middle), rest.slice(middle)].map((half) => ({ records: half, attempts }));
  }
  if (attempts < maxRetries) return [{ records: rest, attempts: attempts + 1 }];
  await giveUp(rest, 'RetryAttemptsExhausted', attempts + 1);
  return [];
}

async function withoutOld(
  { records, attempts }: Batch,
  { maxAgeMilliseconds }: TopicMapping,
  { now, giveUp }: DeliveryPorts,
): Promise<readonly LogRecord[]> {
  const oldest = now() - maxAgeMilliseconds;
  const isOld = ({ timestampMs }: LogRecord) => timestampMs !== null && timestampMs < oldest;
  const old = records.filter(isOld);
  if (old.length > 0) await giveUp(old, 'RecordAgeExceeded', attempts);
  return records.filter((record) => !isOld(record));
}

/** Splits records into parts that fit into one event. */
function chunks(records: readonly LogRecord[]): LogRecord[][] {
  const parts: LogRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    // Base64 adds a third; 500 bytes allow for the other fields of a record.
    const size =
      Math.ceil((Buffer.byteLength(record.value) + Buffer.byteLength(record.key ?? '')) * (4 / 3)) + 500;
    const part = parts.at(-1);
    if (part === undefined || bytes + size > maxEventBytes) {
      parts.push([record]);
      bytes = size;
    } else {
      part.push(record);
      bytes += size;
    }
  }
  return parts;
}

function pauseMilliseconds(attempts: number): number {
  return Math.min(longestPauseMilliseconds, firstPauseMilliseconds * 2 ** attempts);
}
