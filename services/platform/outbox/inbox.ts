import type { CloudEvent } from '../../../runtime/events/cloud-event.ts';
import type { Database, Queries } from '../database/database.ts';

/**
 * Lets an event take its effect once, however often it comes: what is remembered and what it does commit together.
 * Two deliveries at the same time wait for each other.
 *
 * @returns whether it took its effect now.
 */
export async function processOnce(
  database: Database,
  event: CloudEvent,
  effect: (transaction: Queries) => Promise<void>,
): Promise<boolean> {
  return await database.transaction((transaction) => processOnceWithin(transaction, event, effect));
}

/** As `once`, within a transaction. */
export async function processOnceWithin(
  transaction: Queries,
  event: CloudEvent,
  effect: (transaction: Queries) => Promise<void>,
): Promise<boolean> {
  const taken = await transaction.query(
    'insert into inbox (event) values ($1) on conflict do nothing returning event',
    [inboxKey(event)],
  );
  if (taken.length === 0) return false;
  await effect(transaction);
  return true;
}

/** Lets an event take its effect another time: it has had none in this transaction. */
export async function forgetEvent(transaction: Queries, event: CloudEvent): Promise<void> {
  await transaction.query('delete from inbox where event = $1', [inboxKey(event)]);
}

function inboxKey({ source, id }: CloudEvent): string {
  return `${source} ${id}`;
}

/** Longer than a topic keeps its records, so that nothing comes again after it has been forgotten. */
const keepDays = 30;

export async function deleteOldInboxEntries(database: Database): Promise<void> {
  await database.query(`delete from inbox where processed_at < now() - interval '${keepDays} days'`);
}
