/** What each event says, by its type; the type is also the topic. */
export interface EventData {
  'orders.created': {
    readonly orderId: string;
    readonly userId: string;
    readonly items: readonly { readonly productId: string; readonly quantity: number }[];
    /** Minor units of the currency. */
    readonly total: { readonly amount: number; readonly currency: string };
  };
  'inventory.updated': {
    readonly productId: string;
    readonly available: number;
    readonly reserved: number;
    readonly cause: 'reserved' | 'released' | 'expired' | 'delivered';
  };
}
export type EventType = keyof EventData;

/** Raise one when the shape of its data changes in a way that consumers can notice. */
const schemaVersions: Readonly<Record<EventType, number>> = {
  'orders.created': 1,
  'inventory.updated': 1,
};

/**
 * An event in the JSON format of CloudEvents 1.0. `id` is unique per `source`: delivery is at least once, and consumers
 * tell repetitions by it. `partitionkey` is the extension of that name: events of one key stay in order.
 */
export interface StoreEvent<T extends EventType = EventType> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: T;
  readonly subject: string;
  readonly time: string;
  readonly datacontenttype: 'application/json';
  readonly dataschema: string;
  readonly partitionkey: string;
  readonly data: EventData[T];
}

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
    deliver({
      specversion: '1.0',
      id: newId(),
      source: `/services/${service}`,
      type,
      subject,
      time: time().toISOString(),
      datacontenttype: 'application/json',
      dataschema: `urn:gatehouse:events:${type}:${schemaVersions[type]}`,
      partitionkey: subject,
      data,
    });
}
