import { createEvent } from '../../../runtime/events/cloud-event.ts';
import type { EventData, EventType } from '../../../runtime/events/event-data.ts';
import type { Queries } from '../database/database.ts';

/**
 * Says what has happened, in the transaction in which it happens: the event is published if, and only if, that
 * commits. Lock the row that `subject` names before, so that its events stand in the order of their effects.
 */
export type RecordEvent = <T extends EventType>(
  transaction: Queries,
  type: T,
  subject: string,
  data: EventData[T],
) => Promise<void>;

export interface RecordEventPorts {
  readonly service: string;
  readonly newId: () => string;
  readonly nowMs: () => number;
}

export function createRecordEvent({ service, newId, nowMs }: RecordEventPorts): RecordEvent {
  return async (transaction, type, subject, data) => {
    const event = createEvent({
      id: newId(),
      source: `/services/${service}`,
      type,
      subject,
      timeMs: nowMs(),
      data,
    });
    await transaction.query('insert into outbox (key, event) values ($1, $2)', [
      event.partitionkey,
      JSON.stringify(event),
    ]);
  };
}
