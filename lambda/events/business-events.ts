import { InvalidItemError } from '../../runtime/aws/dynamodb-item.ts';
import { mapConcurrently } from '../../runtime/concurrency/in-parallel.ts';
import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import { type ParsedEvent, parseEvent } from '../../runtime/events/parse-event.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import type { BusinessState } from './business-state.ts';
import { replaySource, scheduleSource } from './contract.ts';
import { type Fact, factsOf } from './facts.ts';
import { isTimely, type MetricDatum, metricCalls } from './metric-data.ts';
import { count, type MetricSample, metricSamplesOf } from './metric-samples.ts';
import { checkMinute, minuteOf, sweepReservations } from './reservation-checks.ts';

export interface BusinessEventsDependencies {
  readonly environment: string;
  readonly state: BusinessState;
  /** Resolves once CloudWatch has accepted the entries of one call. */
  readonly putMetrics: (data: MetricDatum[]) => Promise<void>;
  /** Resolves once the dead-letter queue has stored the message. */
  readonly sendToDeadLetterQueue: (message: string) => Promise<void>;
  /**
   * `throw`: the mapping does not read which records failed, so an error makes it deliver the whole batch
   * again.
   */
  readonly onFailure: OnFailure;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export const failureModes = ['report', 'throw'] as const;
export type OnFailure = (typeof failureModes)[number];

/** The answer to the event source mapping: the record from which each failed partition continues. */
export interface EventsAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: RecordPosition }[];
}

interface RecordPosition {
  /** `topic-0` */
  readonly partition: string;
  readonly offset: number;
}

interface KafkaRecord {
  readonly offset: number;
  /** Base64; a record may have none. */
  readonly value?: unknown;
}

const recordsAtOnce = 16;
const sweepMs = 60_000;

/**
 * The function's handler: turns events of orders and stock into business metrics. Each event's facts are
 * entered in the state by a conditional write, so that repetitions are not counted; then the figures of the
 * whole batch are sent, and then that is noted. A batch that is interrupted is delivered again, and sends
 * what was not noted: figures are never lost, and are sent twice only after an interruption between
 * CloudWatch's answer and the note.
 * A record that can never be processed goes to the dead-letter queue, and counts as done, so that it delays
 * no others. Only failures of a dependency are retried.
 *
 * @throws {Error} for such a failure, when `onFailure` is `throw`.
 */
export function createBusinessEvents(dependencies: BusinessEventsDependencies) {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return async (event: unknown): Promise<EventsAnswer> => {
    const { now, state } = dependencies;
    const { source, records = {} } = event as {
      readonly source?: string;
      readonly records?: Readonly<Record<string, readonly KafkaRecord[]>>;
    };
    const isReplay = source === replaySource;
    const failed = await consume(records, isReplay ? { ...dependencies, isDeadLetter: true } : dependencies);
    // On a schedule, and with events, for an instance that gets no scheduled event.
    if (source === scheduleSource || now() - sweptAt >= sweepMs) {
      sweptAt = now();
      await sweepReservations(state, now(), async (found) => {
        await send(found, dependencies);
      });
    }
    if (failed.length > 0 && !isReplay && dependencies.onFailure === 'throw') {
      throw new Error(`${failed.length} partitions have failed and must be delivered again.`);
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

interface ConsumeDependencies extends BusinessEventsDependencies {
  /** Whether the records are in the dead-letter queue already, and stay there when they fail. */
  readonly isDeadLetter?: true;
}

interface Outcome {
  readonly place: RecordPosition;
  /** The facts entered now, with the figures of each. */
  readonly entered: readonly { readonly fact: Fact; readonly figures: readonly MetricSample[] }[];
  readonly failure?: string;
}

async function consume(
  records: Readonly<Record<string, readonly KafkaRecord[]>>,
  dependencies: ConsumeDependencies,
): Promise<RecordPosition[]> {
  const { log } = dependencies;
  const placed = Object.entries(records).flatMap(([partition, ofPartition]) =>
    ofPartition.map((record) => ({ record, place: { partition, offset: record.offset } })),
  );
  const batchFacts = new Set<string>();
  const outcomes = await mapConcurrently(
    placed,
    recordsAtOnce,
    async ({ record, place }): Promise<Outcome> => {
      try {
        return { place, entered: await enterOrDeadLetter(record, place, batchFacts, dependencies) };
      } catch (error) {
        const failure = describeError(error);
        log.error('An event could not be processed.', { ...place, error: failure });
        return { place, entered: [], failure };
      }
    },
  );
  const failed = outcomes.filter(({ failure }) => failure !== undefined).map(({ place }) => place);
  const entered = outcomes.flatMap((outcome) => outcome.entered);
  try {
    await send(entered, dependencies);
  } catch (error) {
    log.error('CloudWatch did not accept the figures.', { error: describeError(error) });
    failed.push(...outcomes.filter((outcome) => outcome.entered.length > 0).map(({ place }) => place));
  }
  return firstOfEach(failed);
}

async function enterOrDeadLetter(
  record: KafkaRecord,
  place: RecordPosition,
  batchFacts: Set<string>,
  dependencies: ConsumeDependencies,
): Promise<Outcome['entered']> {
  const event = readRecord(record);
  try {
    if (event.kind === 'event') return await enter(event.event, batchFacts, dependencies);
    // Of a later version, which a later reader processes.
    if (event.kind === 'unknown') return [];
    await sendToDeadLetterQueueOnce(record, place, event.reason, dependencies);
  } catch (error) {
    if (!(error instanceof InvalidItemError)) throw error;
    await sendToDeadLetterQueueOnce(record, place, describeError(error), dependencies);
  }
  return [];
}

function readRecord({ value }: KafkaRecord): ParsedEvent {
  if (typeof value !== 'string') return { kind: 'invalid', reason: 'no value' };
  return parseEvent(Buffer.from(value, 'base64'));
}

/**
 * Longer values are named by their position only: SQS accepts 1 MiB, and accepted 256 KiB before August 2025.
 */
const maxDeadLetterBytes = 180_000;

/** Burying is a fact like any other: it is entered, done and noted, so that a repeated batch does it once. */
async function sendToDeadLetterQueueOnce(
  { value }: KafkaRecord,
  place: RecordPosition,
  reason: string,
  { state, sendToDeadLetterQueue: bury, log, now, isDeadLetter }: ConsumeDependencies,
): Promise<void> {
  if (isDeadLetter === true) throw new Error(reason);
  const fact: Fact = { about: `record ${place.partition} ${place.offset}`, name: 'buried', timeMs: now() };
  if ((await state.enter(fact)) === undefined) return;
  log.error('An event cannot be parsed and goes to the dead-letter queue.', { ...place, reason });
  const isShort = typeof value === 'string' && value.length <= maxDeadLetterBytes;
  await bury(JSON.stringify({ ...place, reason: reason.slice(0, 2_000), ...(isShort ? { value } : {}) }));
  await state.sent(fact);
}

/** @param batchFacts Facts of this batch: an unsent one must not look like one of an interrupted batch. */
async function enter(
  event: ShopEvent,
  batchFacts: Set<string>,
  dependencies: BusinessEventsDependencies,
): Promise<Outcome['entered']> {
  const entered: { fact: Fact; figures: readonly MetricSample[] }[] = [];
  for (const fact of factsOf(event)) {
    const key = `${fact.about} ${fact.name}`;
    if (batchFacts.has(key)) continue;
    batchFacts.add(key);
    const figures = await enterFact(event, fact, dependencies);
    if (figures !== undefined) entered.push({ fact, figures });
  }
  return entered;
}

async function enterFact(
  event: ShopEvent,
  fact: Fact,
  { state, log, now }: BusinessEventsDependencies,
): Promise<readonly MetricSample[] | undefined> {
  const known = await state.enter(fact);
  if (known === undefined) return undefined;
  const minute = checkMinute(fact, known);
  // Not in a minute that may be in progress, or over.
  if (minute !== undefined) await state.checkAt(Math.max(minute, minuteOf(now()) + 1), fact.about);
  const figures = metricSamplesOf(event, fact, known);
  const late = figures.filter(({ timeMs }) => !isTimely(timeMs, now()));
  if (late.length === 0) return figures;
  log.warn('CloudWatch accepts no figures for the time of this event.', { id: event.id, type: event.type });
  return [...figures.filter(({ timeMs }) => isTimely(timeMs, now())), count('EventsTooOld', now())];
}

async function send(
  entered: readonly { readonly fact: Fact; readonly figures: readonly MetricSample[] }[],
  { environment, putMetrics, state }: BusinessEventsDependencies,
): Promise<void> {
  const calls = metricCalls(
    environment,
    entered.flatMap(({ figures }) => figures),
  );
  for (const call of calls) await putMetrics(call);
  await mapConcurrently(entered, recordsAtOnce, async ({ fact }) => await state.sent(fact));
}

/** A partition continues from its first failed record; everything after it is delivered again. */
function firstOfEach(places: readonly RecordPosition[]): RecordPosition[] {
  const first = new Map<string, RecordPosition>();
  for (const place of places) {
    const known = first.get(place.partition);
    if (known === undefined || place.offset < known.offset) first.set(place.partition, place);
  }
  return [...first.values()];
}
