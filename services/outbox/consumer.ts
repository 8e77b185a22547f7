import type { StoreEvent } from '../../lambda/shared/events/envelope.ts';
import type { EventType } from '../../lambda/shared/events/event-data.ts';
import { isSoundText } from '../../lambda/shared/events/event-json.ts';
import type { Consumption, EventLog, LogRecord } from '../../lambda/shared/events/event-log.ts';
import { parseEvent } from '../../lambda/shared/events/parse-event.ts';
import type { Database, Queries } from '../database/database.ts';
import type { Log } from '../log.ts';
import { UnavailableError } from '../unavailable.ts';
import { once } from './inbox.ts';

/** What came of an event: its effect, or why it is for people to look at. */
export type Handled = { readonly kind: 'done' } | { readonly kind: 'unfit'; readonly reason: string };

export interface ConsumerOptions {
  /** Named after the service: all its tasks share the topics. */
  readonly group: string;
  readonly topics: readonly EventType[];
  /** Called once for each event, in a transaction with the note that it has been processed. */
  readonly handle: (transaction: Queries, event: StoreEvent) => Promise<Handled>;
  /** Called after each batch: there may be events to publish. */
  readonly onProcessed: () => void;
  /** Settles after so many milliseconds, or at once when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly log: Log;
}

const retryMs = 5_000;

/** Consumes as soon as the log can be read, trying every five seconds: a broker that is away holds up no start. */
export function consumeAlways(
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
 * that is no event, that the service has no use for, whose data PostgreSQL refuses, or that fails five times goes to
 * `dead_letters`, and costs no other record an attempt; while the database is away records wait.
 *
 * @throws {Error} if the log cannot be read.
 */
async function consume(
  database: Database,
  events: EventLog,
  { group, topics, handle, onProcessed, log }: ConsumerOptions,
): Promise<Consumption> {
  const failures = new Map<string, number>();
  /** Places of the batches under way that are done or buried: a batch that comes again does not try them again. */
  const settled = new Set<string>();

  const process = async (record: LogRecord): Promise<void> => {
    const parsed = parseEvent(record.value);
    // Of a type or version that came later than this program: whoever knows it may read it from the dead letters.
    if (parsed.kind !== 'event') {
      const reason = parsed.kind === 'invalid' ? parsed.reason : `unknown: ${parsed.event.dataschema}`;
      await bury(database, record, reason, log);
      return;
    }
    await once(database, parsed.event, async (transaction) => {
      const handled = await handle(transaction, parsed.event);
      if (handled.kind === 'unfit') await bury(transaction, record, handled.reason, log);
    });
  };

  const processOrBury = async (record: LogRecord): Promise<void> => {
    const place = placeOf(record);
    if (settled.has(place)) return;
    try {
      await process(record);
    } catch (error) {
      // The database's fault and not the record's.
      if (error instanceof UnavailableError) throw error;
      const attempts = (failures.get(place) ?? 0) + 1;
      failures.set(place, attempts);
      if (attempts < maxAttempts && !isDataFault(error)) throw error;
      // Fails as well while the database is away, and then the record comes again.
      await bury(database, record, String(error), log);
    }
    failures.delete(place);
    settled.add(place);
  };

  return await events.consume({
    group,
    topics,
    onBatch: async ({ records }, signal) => {
      for (const record of records) {
        signal.throwIfAborted();
        await processOrBury(record);
      }
      for (const record of records) settled.delete(placeOf(record));
      onProcessed();
    },
    onError: (error) => log('error', 'events not processed, tried again', { group, error: String(error) }),
  });
}

async function bury(queries: Queries, record: LogRecord, reason: string, log: Log): Promise<void> {
  const { topic, partition, offset, value } = record;
  log('error', 'event not processed, kept in dead_letters', { topic, partition, offset, reason });
  await queries.query(
    `insert into dead_letters (topic, partition, record_offset, value, reason) values ($1, $2, $3, $4, $5)
     on conflict do nothing`,
    [topic, partition, offset, storable(value), storable(reason)],
  );
}

function placeOf({ topic, partition, offset }: LogRecord): string {
  return `${topic} ${partition} ${offset}`;
}

/** SQLSTATE class 22, data exception: no further attempt can help the record. */
function isDataFault(error: unknown): boolean {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === 'string' && /^22[0-9A-Z]{3}$/.test(code);
}

/** PostgreSQL's `text` holds neither NUL nor what is not UTF-8; such a value is kept as `base64:` and its bytes. */
function storable(value: LogRecord['value']): string {
  if (typeof value === 'string' && isSoundText(value)) return value;
  return `base64:${Buffer.from(value as string).toString('base64')}`;
}
