import type { ShopEvent } from '../../../runtime/events/cloud-event.ts';
import type { EventType } from '../../../runtime/events/event-data.ts';
import type { Consumption, EventLog, LogRecord } from '../../../runtime/events/event-log.ts';
import { parseEvent } from '../../../runtime/events/parse-event.ts';
import type { Database, Queries } from '../database/database.ts';
import { classifySqlState } from '../database/sql-state.ts';
import type { Log } from '../log.ts';
import type { ManualInterventions } from '../manual-intervention.ts';
import { UnavailableError } from '../unavailable.ts';
import { forgetEvent, processOnceWithin } from './inbox.ts';
import { deadLetteredAmong, dropParked, moveToDeadLetters, parkEarly, takeParked } from './parked-events.ts';

/** The outcome of an event: processed, or why it cannot be processed. */
export type Handled =
  | { readonly kind: 'done' }
  | { readonly kind: 'unfit'; readonly reason: string }
  /** The object of the event does not exist yet. Nothing was written; the event is retried while others are processed. */
  | { readonly kind: 'early'; readonly reason: string };

/** The options of a consumer. */
export interface ConsumerOptions {
  /** The consumer group: the name of the service, whose tasks share the topics. */
  readonly group: string;
  readonly topics: readonly EventType[];
  /** Called once for each event, in the transaction that marks it as processed. */
  readonly handle: (transaction: Queries, event: ShopEvent) => Promise<Handled>;
  /** Called after each batch: there may be events to publish. */
  readonly onProcessed: () => void;
  /** Settles after this many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  /** Reports records that are moved to `dead_letters`. @default - an error in the log */
  readonly reportManualIntervention?: ManualInterventions;
}

const retryMs = 5_000;

/** Consumes topics. Connects every five seconds until it succeeds, so an unavailable broker does not delay the start. */
export function consumeForever(
  database: Database,
  events: EventLog,
  options: ConsumerOptions,
): Pick<Consumption, 'stop'> {
  const { group, wait, log } = options;
  const stopping = new AbortController();
  const connect = async (): Promise<Consumption | null> => {
    while (!stopping.signal.aborted) {
      try {
        return await consume(database, events, options);
      } catch (error) {
        log('error', 'event log unavailable, will retry', { group, retryMs, error: String(error) });
        await wait(retryMs, stopping.signal);
      }
    }
    return null;
  };
  const connected = connect();
  return {
    async stop() {
      stopping.abort();
      await (await connected)?.stop();
    },
  };
}

/** Attempts of a record while the database is available. After that, the record itself is considered faulty. */
const maxAttempts = 5;

/**
 * Reads topics into a service's tables. Each event takes effect exactly once, in the order of its key. A record that is
 * not an event, that is unfit, or that fails five times moves to `dead_letters`; an early one waits in `early_records` for
 * `retryEarlyRecord`. While the database is unavailable, records wait in the event log.
 *
 * @throws {Error} if the log cannot be read.
 */
async function consume(database: Database, events: EventLog, options: ConsumerOptions): Promise<Consumption> {
  const { group, topics, onProcessed, log } = options;
  const reportManualIntervention = manualInterventionReporter(options);
  const failures = new Map<string, number>();

  const processOrDeadLetter = async (record: LogRecord): Promise<void> => {
    const place = `${record.topic} ${record.partition} ${record.offset}`;
    try {
      await database.transaction((transaction) => process(transaction, record, options));
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      const attempts = (failures.get(place) ?? 0) + 1;
      failures.set(place, attempts);
      if (attempts < maxAttempts && !isInvalidData(error)) throw error;
      // If the database is unavailable, this fails too, and the record is delivered again.
      await moveToDeadLetters(database, record, String(error), reportManualIntervention);
    }
    failures.delete(place);
  };

  return await events.consume({
    group,
    topics,
    onBatch: async ({ records }, signal) => {
      const deadLettered = await deadLetteredAmong(database, records);
      for (const record of records) {
        signal.throwIfAborted();
        if (!deadLettered.has(record.offset)) await processOrDeadLetter(record);
      }
      onProcessed();
    },
    onError: (error) => log('error', 'events not processed, will retry', { group, error: String(error) }),
  });
}

/**
 * Retries the next early record, if one is due. A record that is still early at the last attempt, about 15 minutes later,
 * moves to `dead_letters`.
 *
 * @returns how many records were retried.
 */
export async function retryEarlyRecord(
  database: Database,
  options: Pick<ConsumerOptions, 'handle' | 'log' | 'reportManualIntervention'>,
): Promise<number> {
  const taken = await takeParked(database);
  if (taken === null) return 0;
  const { record, isLast } = taken;
  try {
    await database.transaction(async (transaction) => {
      const outcome = await process(transaction, record, options);
      if (outcome.kind === 'early' && !isLast) return;
      if (outcome.kind === 'early')
        await moveToDeadLetters(transaction, record, outcome.reason, manualInterventionReporter(options));
      await dropParked(transaction, record);
    });
  } catch (error) {
    if (error instanceof UnavailableError) throw error;
    options.log('error', 'early event failed, will retry', { isLast, error: String(error) });
    if (!isLast) return 1;
    await moveToDeadLetters(database, record, String(error), manualInterventionReporter(options));
    await dropParked(database, record);
  }
  return 1;
}

/** Processes a record, or moves it to `dead_letters` or `early_records`. */
async function process(
  transaction: Queries,
  record: LogRecord,
  options: Pick<ConsumerOptions, 'handle' | 'log' | 'reportManualIntervention'>,
): Promise<Handled> {
  const reportManualIntervention = manualInterventionReporter(options);
  const parsed = parseEvent(record.value);
  // An unknown type or version is newer than this program. It can be read from `dead_letters` later.
  const fault =
    parsed.kind === 'event'
      ? attributeFault(parsed.event)
      : parsed.kind === 'invalid'
        ? parsed.reason
        : `unknown: ${parsed.event.dataschema}`;
  if (fault !== null || parsed.kind !== 'event') {
    await moveToDeadLetters(transaction, record, fault ?? 'unknown', reportManualIntervention);
    return { kind: 'done' };
  }
  let handled: Handled = { kind: 'done' };
  await processOnceWithin(transaction, parsed.event, async () => {
    handled = await options.handle(transaction, parsed.event);
    if (handled.kind === 'unfit')
      await moveToDeadLetters(transaction, record, handled.reason, reportManualIntervention);
    if (handled.kind !== 'early') return;
    await forgetEvent(transaction, parsed.event);
    await parkEarly(transaction, record);
  });
  return handled;
}

/** Far more than any attribute of the shop's events has. */
const maxAttributeCharacters = 512;

/** Attributes are stored in columns and indexes, which limit their characters and their length. */
function attributeFault({ id, source, subject, partitionkey }: ShopEvent): string | null {
  for (const [name, value] of Object.entries({ id, source, subject, partitionkey })) {
    if (value.length > maxAttributeCharacters) return `${name} has over ${maxAttributeCharacters} characters`;
    // Control characters and unpaired surrogates.
    if (/[\p{Cc}\p{Cs}]/u.test(value)) return `${name} is not plain text`;
  }
  return null;
}

/** Whether PostgreSQL refused the data of the record. Another attempt would fail in the same way. */
function isInvalidData(error: unknown): boolean {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  if (typeof code === 'string' && classifySqlState(code) === 'invalid') return true;
  return cause instanceof Error && isInvalidData(cause);
}

function manualInterventionReporter({
  reportManualIntervention,
  log,
}: Pick<ConsumerOptions, 'reportManualIntervention' | 'log'>): ManualInterventions {
  return reportManualIntervention ?? ((message, fields) => log('error', message, fields));
}
