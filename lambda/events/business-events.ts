import { InvalidItemError } from '../../runtime/aws/dynamodb-item.ts';
import { mapConcurrently } from '../../runtime/concurrency/in-parallel.ts';
import type { ShopEvent } from '../../runtime/events/cloud-event.ts';
import { type ParsedEvent, parseEvent } from '../../runtime/events/parse-event.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import type { BusinessState } from './business-state.ts';
import { scheduleSource } from './contract.ts';
import { type Fact, factsOf } from './facts.ts';
import { isTimely, type MetricDatum, metricCalls } from './metric-data.ts';
import { count, type MetricSample, metricSamplesOf } from './metric-samples.ts';
import { checkMinute, minuteOf, sweepReservations } from './reservation-checks.ts';

export interface BusinessEventsDependencies {
  readonly environment: string;
  readonly state: BusinessState;
  /** Resolves once CloudWatch has the entries of one call. */
  readonly putMetrics: (data: MetricDatum[]) => Promise<void>;
  /** Resolves once the dead-letter queue has the message. */
  readonly sendToDeadLetterQueue: (message: string) => Promise<void>;
  /** Where the mapping does not read which records failed, a failure must be thrown to have its batch again. */
  readonly onFailure: OnFailure;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export const failureModes = ['report', 'throw'] as const;
export type OnFailure = (typeof failureModes)[number];

/** What the event source mapping is answered: where each partition is to go on that failed. */
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
 * The function's handler: events of orders and stock in, business metrics out. Each event's facts are entered in the
 * state by a conditional write, so that repetitions count nothing; then the figures of the whole batch are sent, and then
 * that is noted. A batch that ends in between comes again, and sends what was not noted: figures are never lost, and are
 * sent twice only by who ends between CloudWatch's answer and the note.
 *
 * A record that no attempt can help is put into the dead letters here, and counts as done: it costs nobody else an attempt.
 * Only what fails because something is away comes again.
 *
 * @throws {Error} for such a failure, where `onFailure` says so.
 */
export function createBusinessEvents(dependencies: BusinessEventsDependencies) {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return async (event: unknown): Promise<EventsAnswer> => {
    const { now, state } = dependencies;
    const { source, records = {} } = event as {
      readonly source?: string;
      readonly records?: Readonly<Record<string, readonly KafkaRecord[]>>;
    };
    const failed = await consume(records, dependencies);
    // By its schedule, and with the events of an instance that hears no schedule.
    if (source === scheduleSource || now() - sweptAt >= sweepMs) {
      sweptAt = now();
      await sweepReservations(state, now(), async (found) => {
        await send(found, dependencies);
      });
    }
    if (failed.length > 0 && dependencies.onFailure === 'throw') {
      throw new Error(`${failed.length} partitions have failed and are to come again.`);
    }
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
}

interface Outcome {
  readonly place: RecordPosition;
  /** What was entered now, with the figures of each. */
  readonly entered: readonly { readonly fact: Fact; readonly figures: readonly MetricSample[] }[];
  readonly failure?: string;
}

async function consume(
  records: Readonly<Record<string, readonly KafkaRecord[]>>,
  dependencies: BusinessEventsDependencies,
): Promise<RecordPosition[]> {
  const { log } = dependencies;
  const placed = Object.entries(records).flatMap(([partition, ofPartition]) =>
    ofPartition.map((record) => ({ record, place: { partition, offset: record.offset } })),
  );
  const inHand = new Set<string>();
  const outcomes = await mapConcurrently(
    placed,
    recordsAtOnce,
    async ({ record, place }): Promise<Outcome> => {
      try {
        return { place, entered: await enterOrBury(record, place, inHand, dependencies) };
      } catch (error) {
        const failure = describeError(error);
        log.error('An event could not be taken.', { ...place, error: failure });
        return { place, entered: [], failure };
      }
    },
  );
  const failed = outcomes.filter(({ failure }) => failure !== undefined).map(({ place }) => place);
  const entered = outcomes.flatMap((outcome) => outcome.entered);
  try {
    await send(entered, dependencies);
  } catch (error) {
    log.error('CloudWatch did not take the figures.', { error: describeError(error) });
    failed.push(...outcomes.filter((outcome) => outcome.entered.length > 0).map(({ place }) => place));
  }
  return firstOfEach(failed);
}

async function enterOrBury(
  record: KafkaRecord,
  place: RecordPosition,
  inHand: Set<string>,
  dependencies: BusinessEventsDependencies,
): Promise<Outcome['entered']> {
  const event = readRecord(record);
  try {
    if (event.kind === 'event') return await enter(event.event, inHand, dependencies);
    // Of a later version, for a reader that knows it.
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

/** Longer values are named by their place only: SQS takes 1 MiB, and took 256 KiB before August 2025. */
const maxDeadLetterBytes = 180_000;

/** That it was buried is a fact as any other: it is entered, done and noted, so that a batch that repeats does it once. */
async function sendToDeadLetterQueueOnce(
  { value }: KafkaRecord,
  place: RecordPosition,
  reason: string,
  { state, sendToDeadLetterQueue: bury, log, now }: BusinessEventsDependencies,
): Promise<void> {
  const fact: Fact = { about: `record ${place.partition} ${place.offset}`, name: 'buried', timeMs: now() };
  if ((await state.enter(fact)) === undefined) return;
  log.error('An event cannot be read and goes to the dead letters.', { ...place, reason });
  const isShort = typeof value === 'string' && value.length <= maxDeadLetterBytes;
  await bury(JSON.stringify({ ...place, reason: reason.slice(0, 2_000), ...(isShort ? { value } : {}) }));
  await state.sent(fact);
}

/** @param inHand Facts of this batch: one that is not sent yet must not seem to be somebody's who ended. */
async function enter(
  event: ShopEvent,
  inHand: Set<string>,
  dependencies: BusinessEventsDependencies,
): Promise<Outcome['entered']> {
  const entered: { fact: Fact; figures: readonly MetricSample[] }[] = [];
  for (const fact of factsOf(event)) {
    const key = `${fact.about} ${fact.name}`;
    if (inHand.has(key)) continue;
    inHand.add(key);
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
  // Not in a minute that may be under way, or over.
  if (minute !== undefined) await state.checkAt(Math.max(minute, minuteOf(now()) + 1), fact.about);
  const figures = metricSamplesOf(event, fact, known);
  const late = figures.filter(({ timeMs }) => !isTimely(timeMs, now()));
  if (late.length === 0) return figures;
  log.warn('CloudWatch takes no figures of the time of this event.', { id: event.id, type: event.type });
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

/** A partition goes on from the first that failed; what comes after it comes again. */
function firstOfEach(places: readonly RecordPosition[]): RecordPosition[] {
  const first = new Map<string, RecordPosition>();
  for (const place of places) {
    const known = first.get(place.partition);
    if (known === undefined || place.offset < known.offset) first.set(place.partition, place);
  }
  return [...first.values()];
}
