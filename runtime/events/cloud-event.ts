import { type EventData, type EventType, eventData } from './event-data.ts';

/**
 * The JSON format of CloudEvents 1.0 with the attributes that Gatehouse always sets. `id` is unique per
 * `source`: delivery is at least once, and consumers detect duplicates by it. `partitionkey` is the
 * CloudEvents extension: events of one key and topic stay in order.
 */
export interface CloudEvent<Type extends string = string, Data = unknown> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  readonly subject: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly datacontenttype: 'application/json';
  /** `urn:gatehouse:events:TYPE:VERSION`. */
  readonly dataschema: string;
  readonly partitionkey: string;
  /** The gateway's id of the request that caused the event; an extension attribute. Absent if none did. */
  readonly requestid?: string;
  readonly data: Data;
}

export type EventOf<T extends EventType> = CloudEvent<T, EventData[T]>;
/** Any event of the shop; `type` discriminates. */
export type ShopEvent = { readonly [T in EventType]: EventOf<T> }[EventType];

/** The content type of record values, as the Kafka binding of CloudEvents defines. */
export const eventContentType = 'application/cloudevents+json; charset=UTF-8';

export interface NewEvent<T extends EventType> {
  readonly id: string;
  /** The producer: `/services/order`, `/gateway/webhooks`. */
  readonly source: string;
  readonly type: T;
  /** The subject of the event: an order, a product, a client. */
  readonly subject: string;
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly data: EventData[T];
  /** Events of one key stay in order. @default subject */
  readonly key?: string;
  /** The request that causes the event. @default none */
  readonly requestId?: string | undefined;
}

export function createEvent<T extends EventType>(event: NewEvent<T>): EventOf<T> {
  return {
    specversion: '1.0',
    id: event.id,
    source: event.source,
    type: event.type,
    subject: event.subject,
    time: new Date(event.timeMs).toISOString(),
    datacontenttype: 'application/json',
    dataschema: schemaOf(event.type),
    partitionkey: event.key ?? event.subject,
    ...(event.requestId === undefined ? {} : { requestid: event.requestId }),
    data: event.data,
  };
}

export function schemaOf(type: EventType): string {
  return `urn:gatehouse:events:${type}:${eventData[type].version}`;
}
