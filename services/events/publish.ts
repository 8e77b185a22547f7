import { createEvent, type StoreEvent } from '../../lambda/shared/events/envelope.ts';
import type { EventData, EventType } from '../../lambda/shared/events/event-data.ts';

/** Says what has happened. Never waits and never throws: delivery is the event log's business. */
export type Publish = <T extends EventType>(type: T, subject: string, data: EventData[T]) => void;

/** Makes the envelopes of one service's events. */
export function createPublish(
  service: string,
  deliver: (event: StoreEvent) => void,
  time: () => Date,
  newId: () => string,
): Publish {
  return (type, subject, data) =>
    deliver(
      createEvent({
        id: newId(),
        source: `/services/${service}`,
        type,
        subject,
        timeMs: time().getTime(),
        data,
      }) as StoreEvent,
    );
}
