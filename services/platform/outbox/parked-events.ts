import type { LogRecord } from '../../../runtime/events/event-log.ts';
import type { Database, Queries } from '../database/database.ts';
import type { ManualInterventions } from '../manual-intervention.ts';

/** Longer reasons are cut, because a reason may quote the sender's data. */
const maxReasonCharacters = 1_000;

/** Stores a record in `dead_letters` and reports it. Works for records with any bytes. */
export async function moveToDeadLetters(
  queries: Queries,
  record: LogRecord,
  reason: string,
  reportManualIntervention: ManualInterventions,
): Promise<void> {
  const { topic, partition, offset } = record;
  const printable = printableOf(reason);
  const kept = await queries.query(
    `insert into dead_letters (topic, partition, record_offset, record_key, record_value, record_headers, reason)
     values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing returning topic`,
    [topic, partition, offset, ...bytesOf(record), printable],
  );
  if (kept.length === 0) return;
  reportManualIntervention('event not processed, kept in dead_letters', {
    topic,
    partition,
    offset,
    reason: printable,
  });
}

/** The offsets of records that are in `dead_letters`. When a batch is delivered again, they are not retried. */
export async function deadLetteredAmong(
  queries: Queries,
  records: readonly LogRecord[],
): Promise<ReadonlySet<string>> {
  const [first] = records;
  if (first === undefined) return new Set();
  const rows = await queries.query<{ record_offset: string; record_value: Buffer | null }>(
    'select record_offset, record_value from dead_letters where topic = $1 and partition = $2 and record_offset = any($3)',
    [first.topic, first.partition, records.map(({ offset }) => offset)],
  );
  const values = new Map(records.map((record) => [record.offset, bytesOfValue(record)]));
  // A topic that was deleted and created again starts with offset 0 again, so the value is compared too.
  const isSame = (offset: string, value: Buffer | null) => value?.equals(values.get(offset) ?? Buffer.of());
  return new Set(
    rows.flatMap(({ record_offset: offset, record_value: value }) => (isSame(offset, value) ? [offset] : [])),
  );
}

/** The longest pause before an early record is retried. The pauses start at 1 second and double. */
const longestPauseSeconds = 30;
/** With these pauses, a little longer than stock is held. The order has ended by then. */
const maxEarlyAttempts = 37;

/** Stores an early record, which `takeParked` returns later. */
export async function parkEarly(queries: Queries, record: LogRecord): Promise<void> {
  const { topic, partition, offset } = record;
  await queries.query(
    `insert into early_records (topic, partition, record_offset, record_key, record_value, record_headers, next_try_at)
     values ($1, $2, $3, $4, $5, $6, now() + interval '1s') on conflict do nothing`,
    [topic, partition, offset, ...bytesOf(record)],
  );
}

export interface ParkedRecord {
  readonly record: LogRecord;
  /** Whether this is the last attempt. */
  readonly isLast: boolean;
}

interface EarlyRow {
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly record_key: Buffer | null;
  readonly record_value: Buffer;
  readonly record_headers: Buffer | null;
  readonly attempts: number;
}

/**
 * Claims the next record that is due, until its next attempt; null if there is none. A record that is due later than any
 * pause was stored before the clock was set back, so it is due too.
 */
export async function takeParked(database: Database): Promise<ParkedRecord | null> {
  const [row] = await database.query<EarlyRow>(
    `update early_records set attempts = attempts + 1,
       next_try_at = now() + make_interval(secs => least(${longestPauseSeconds}, power(2, attempts)))
     where (topic, partition, record_offset) in (
       select topic, partition, record_offset from early_records
       where next_try_at <= now() or next_try_at > now() + interval '${2 * longestPauseSeconds}s'
       order by next_try_at limit 1 for update skip locked
     ) returning *`,
  );
  if (row === undefined) return null;
  const { topic, partition, record_offset: offset, record_key: key, record_value: value } = row;
  const record: LogRecord = {
    topic,
    partition,
    offset,
    key: key?.toString('utf8') ?? null,
    value: value.toString('utf8'),
    timestampMs: null,
    raw: { key, value, headers: headersOf(row.record_headers) },
  };
  return { record, isLast: row.attempts >= maxEarlyAttempts };
}

/** Deletes an early record. */
export async function dropParked(queries: Queries, { topic, partition, offset }: LogRecord): Promise<void> {
  await queries.query(
    'delete from early_records where topic = $1 and partition = $2 and record_offset = $3',
    [topic, partition, offset],
  );
}

function bytesOf(record: LogRecord): readonly [Buffer | null, Buffer, Buffer | null] {
  const key = record.raw?.key ?? record.key;
  const headers = record.raw?.headers ?? [];
  const named = headers.map(([name, value]) => [name, Buffer.from(value).toString('base64')]);
  return [
    key === null ? null : Buffer.from(key),
    bytesOfValue(record),
    named.length === 0 ? null : Buffer.from(JSON.stringify(named)),
  ];
}

function bytesOfValue({ raw, value }: LogRecord): Buffer {
  return Buffer.from(raw?.value ?? value);
}

function headersOf(bytes: Buffer | null): NonNullable<LogRecord['raw']>['headers'] {
  if (bytes === null) return [];
  const named = JSON.parse(bytes.toString('utf8')) as readonly (readonly [string, string])[];
  return named.map(([name, value]) => [name, Buffer.from(value, 'base64')]);
}

/** Replaces control characters and unpaired surrogates, which PostgreSQL's text type or a log cannot store. */
function printableOf(reason: string): string {
  return reason.slice(0, maxReasonCharacters).replaceAll(/[\p{Cc}\p{Cs}]/gu, ' ');
}
