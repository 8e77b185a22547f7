import { createEvent } from '../../../runtime/events/cloud-event.ts';
import type { EventData, EventType } from '../../../runtime/events/event-data.ts';
import type { Queries } from '../database/database.ts';
import { currentRequest } from '../http/current-request.ts';

/**
 * Records an event in the transaction of its effect. The event is published if and only if the transaction commits. Lock
 * the row of `subject` first, so that its events have the order of their effects.
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

/** Writes events into the outbox. */
export function createRecordEvent({ service, newId, nowMs }: RecordEventPorts): RecordEvent {
  return async (transaction, type, subject, data) => {
    const event = createEvent({
      id: newId(),
      source: `/services/${service}`,
      type,
      subject,
      timeMs: nowMs(),
      data,
      requestId: currentRequest.getStore(),
    });
    await transaction.query('insert into outbox (key, event) values ($1, $2)', [
      event.partitionkey,
      JSON.stringify(event),
    ]);
  };
}
