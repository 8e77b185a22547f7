import type { CloudEvent } from '../../../runtime/events/cloud-event.ts';
import { type EventLog, produceByType } from '../../../runtime/events/event-log.ts';
import type { Database } from '../database/database.ts';
import { startWorker, type Worker, type WorkerOptions } from '../worker.ts';

const maxBatch = 500;

/** Publishes what is in the outbox, and what is put there later, until it is stopped. */
export function startRelay(
  database: Database,
  events: EventLog,
  { wait, log }: Pick<WorkerOptions, 'wait' | 'log'>,
): Worker {
  return startWorker({ name: 'relay of events', run: () => publishNext(database, events), wait, log });
}

/**
 * Publishes the oldest event of each key and takes it out of the outbox once the log has acknowledged it.
 *
 * At least once: a process that ends in between leaves the events where they are. Safe beside other relays: each takes
 * rows that no other holds, and a key's next event cannot be seen as its oldest before the one ahead of it is gone, so
 * that the order of each key is kept.
 *
 * @returns how many were published; fewer than there are, perhaps.
 * @throws what the log or the database does; nothing is lost then.
 */
export async function publishNext(database: Database, events: EventLog): Promise<number> {
  return await database.transaction(async (transaction) => {
    const rows = await transaction.query<{ id: string; event: CloudEvent }>(
      `select id, event from outbox as oldest
       where not exists (select from outbox where key = oldest.key and id < oldest.id)
       order by id limit ${maxBatch} for update skip locked`,
    );
    if (rows.length === 0) return 0;
    await produceByType(
      events,
      rows.map(({ event }) => event),
    );
    await transaction.query('delete from outbox where id = any($1::bigint[])', [rows.map(({ id }) => id)]);
    return rows.length;
  });
}
