import type { CloudEvent } from '../../../runtime/events/cloud-event.ts';
import type { Database, Queries } from '../database/database.ts';

/**
 * Processes an event once, however often it is delivered. The effect and the entry in the inbox commit together.
 * Concurrent deliveries wait for each other.
 *
 * @returns false if the event was processed before.
 */
export async function processOnce(
  database: Database,
  event: CloudEvent,
  effect: (transaction: Queries) => Promise<void>,
): Promise<boolean> {
  return await database.transaction((transaction) => processOnceWithin(transaction, event, effect));
}

/** Like `processOnce`, within a transaction. */
export async function processOnceWithin(
  transaction: Queries,
  event: CloudEvent,
  effect: (transaction: Queries) => Promise<void>,
): Promise<boolean> {
  const inserted = await transaction.query(
    'insert into inbox (event) values ($1) on conflict do nothing returning event',
    [inboxKey(event)],
  );
  if (inserted.length === 0) return false;
  await effect(transaction);
  return true;
}

/** Removes an event from the inbox, so that it can be processed later. */
export async function forgetEvent(transaction: Queries, event: CloudEvent): Promise<void> {
  await transaction.query('delete from inbox where event = $1', [inboxKey(event)]);
}

function inboxKey({ source, id }: CloudEvent): string {
  return `${source} ${id}`;
}

/** Longer than the retention of any topic, so that a record is not delivered after its entry was deleted. */
const keepDays = 30;

/** Deletes entries older than 30 days. */
export async function deleteOldInboxEntries(database: Database): Promise<void> {
  await database.query(`delete from inbox where processed_at < now() - interval '${keepDays} days'`);
}
