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

/** What came of an event: its effect, or why it is for people to look at. */
export type Handled =
  | { readonly kind: 'done' }
  | { readonly kind: 'unfit'; readonly reason: string }
  /** What it is about is not there yet. Nothing has been written; it is tried again, and others go on meanwhile. */
  | { readonly kind: 'early'; readonly reason: string };

export interface ConsumerOptions {
  /** Named after the service: all its tasks share the topics. */
  readonly group: string;
  readonly topics: readonly EventType[];
  /** Called once for each event, in a transaction with the note that it has been processed. */
  readonly handle: (transaction: Queries, event: ShopEvent) => Promise<Handled>;
  /** Called after each batch: there may be events to publish. */
  readonly onProcessed: () => void;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
  /** Hears of what is kept for people. @default - an error in the log */
  readonly reportManualIntervention?: ManualInterventions;
}

const retryMs = 5_000;

/** Consumes as soon as the log can be read, trying every five seconds: a broker that is away holds up no start. */
export function consumeForever(
  database: Database,
  events: EventLog,
  options: ConsumerOptions,
): Pick<Consumption, 'stop'> {
  const { group, wait, log } = options;
  const stopping = new AbortController();
  const begin = async (): Promise<Consumption | null> => {
    while (!stopping.signal.aborted) {
      try {
        return await consume(database, events, options);
      } catch (error) {
        log('error', 'events cannot be read, tried again', { group, retryMs, error: String(error) });
        await wait(retryMs, stopping.signal);
      }
    }
    return null;
  };
  const begun = begin();
  return {
    async stop() {
      stopping.abort();
      await (await begun)?.stop();
    },
  };
}

/** A record that fails so often while the database is there is a fault of its own. */
const maxAttempts = 5;

/**
 * Reads topics into a service's tables: each event takes its effect exactly once, in the order of its key. A record
 * that is no event, that the service has no use for, or that fails five times goes to `dead_letters`; one that is early
 * waits in `early_records`, for `retryEarlyRecord`. While the database is away records wait.
 *
 * @throws {Error} if the log cannot be read.
 */
async function consume(database: Database, events: EventLog, options: ConsumerOptions): Promise<Consumption> {
  const { group, topics, onProcessed, log } = options;
  const reportManualIntervention = manualInterventionReporter(options);
  const failures = new Map<string, number>();

  const processOrBury = async (record: LogRecord): Promise<void> => {
    const place = `${record.topic} ${record.partition} ${record.offset}`;
    try {
      await database.transaction((transaction) => process(transaction, record, options));
    } catch (error) {
      if (error instanceof UnavailableError) throw error;
      const attempts = (failures.get(place) ?? 0) + 1;
      failures.set(place, attempts);
      if (attempts < maxAttempts && !isInvalidData(error)) throw error;
      // Fails as well while the database is away, and then the record comes again.
      await moveToDeadLetters(database, record, String(error), reportManualIntervention);
    }
    failures.delete(place);
  };

  return await events.consume({
    group,
    topics,
    onBatch: async ({ records }, signal) => {
      const buried = await deadLetteredAmong(database, records);
      for (const record of records) {
        signal.throwIfAborted();
        if (!buried.has(record.offset)) await processOrBury(record);
      }
      onProcessed();
    },
    onError: (error) => log('error', 'events not processed, tried again', { group, error: String(error) }),
  });
}

/**
 * Tries the next of the records that came too early, if one is due. One that is early still after the last try, about a
 * quarter of an hour later, goes to `dead_letters`.
 *
 * @returns how many were tried.
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
    options.log('error', 'early event failed, tried again', { isLast, error: String(error) });
    if (!isLast) return 1;
    await moveToDeadLetters(database, record, String(error), manualInterventionReporter(options));
    await dropParked(database, record);
  }
  return 1;
}

/** Lets a record take its effect, or puts it aside. */
async function process(
  transaction: Queries,
  record: LogRecord,
  options: Pick<ConsumerOptions, 'handle' | 'log' | 'reportManualIntervention'>,
): Promise<Handled> {
  const reportManualIntervention = manualInterventionReporter(options);
  const parsed = parseEvent(record.value);
  // Of a type or version that came later than this program: whoever knows it may read it from the dead letters.
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

/** Far more than any of ours has. */
const maxAttributeCharacters = 512;

/** Attributes go into columns and indexes, which hold neither NUL nor ill-formed text nor any length. */
function attributeFault({ id, source, subject, partitionkey }: ShopEvent): string | null {
  for (const [name, value] of Object.entries({ id, source, subject, partitionkey })) {
    if (value.length > maxAttributeCharacters) return `${name} has over ${maxAttributeCharacters} characters`;
    // Control characters and lone surrogates.
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
