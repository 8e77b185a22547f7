import type { CloudEvent } from '../../../runtime/events/cloud-event.ts';
import { type EventLog, produceByType } from '../../../runtime/events/event-log.ts';
import type { Database } from '../database/database.ts';
import { startWorker, type Worker, type WorkerOptions } from '../worker.ts';

const maxBatch = 500;

/** Starts a worker that publishes the events of the outbox. */
export function startRelay(
  database: Database,
  events: EventLog,
  { wait, log }: Pick<WorkerOptions, 'wait' | 'log'>,
): Worker {
  return startWorker({ name: 'event relay', run: () => publishNext(database, events), wait, log });
}

/**
 * Publishes the oldest event of each key, and deletes it from the outbox when the event log has acknowledged it.
 *
 * Delivery is at least once: after a crash in between, the events stay in the outbox. Several relays may run at the same
 * time: each locks other rows, and the next event of a key is selected only after the one before it is deleted, so the
 * order of each key is kept.
 *
 * @returns how many were published. There may be more.
 * @throws {Error} of the event log or the database. No event is lost.
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
