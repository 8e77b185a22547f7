import * as z from 'zod/mini';

/**
 * Length limits of an event's texts, in UTF-16 units. Ids become keys: DynamoDB allows 1,024 bytes of a sort
 * key, a B-tree of PostgreSQL 2,704 bytes of an entry, and a unit is at most three bytes.
 */
export const maxLengths = { id: 128, eventId: 256, source: 256, type: 128, key: 512, text: 1_024 } as const;

const textUpTo = (length: number) => z.string().check(z.minLength(1), z.maxLength(length));
const text = textUpTo(maxLengths.text);
const id = textUpTo(maxLengths.id);
/** ISO 4217; used as a CloudWatch dimension. */
const currency = z.string().check(z.regex(/^[A-Za-z]{3}$/, 'is not a currency code of ISO 4217'));
const whole = z.number().check(z.int());
const count = z.number().check(z.int(), z.minimum(1));
const level = z.number().check(z.int(), z.minimum(0));
/** ISO 8601, UTC. */
const instant = z.iso.datetime();

/** Minor units of the currency (ISO 4217). */
const money = z.object({ amount: level, currency });
const items = z.array(z.object({ productId: id, quantity: count })).check(z.minLength(1));

const payment = { orderId: id, paymentId: id, amount: level, currency };

/** The change of a product's free, held and sold stock, so that reservations can be matched with commits. */
const reservation = z.object({ id, orderId: z.nullable(id), quantity: count });

/**
 * The data of each event by its type, which is also the topic. Objects may gain fields without notice.
 * `version` increases when a shape changes incompatibly: consumers process the version that is written here,
 * and keep other versions for a later consumer.
 */
export const eventData = {
  'orders.created': { version: 1, data: z.object({ orderId: id, userId: text, items, total: money }) },
  'orders.payment_succeeded': { version: 1, data: z.object(payment) },
  'orders.payment_failed': { version: 1, data: z.object({ ...payment, reason: text }) },
  /** The order is paid and its stock committed. */
  'orders.confirmed': {
    version: 1,
    data: z.object({ orderId: id, userId: text, total: money, createdAt: instant }),
  },
  /** The order ended without being confirmed. */
  'orders.failed': { version: 1, data: z.object({ orderId: id, reason: text, createdAt: instant }) },
  'inventory.updated': {
    version: 1,
    data: z.object({
      productId: id,
      available: whole,
      reserved: level,
      cause: z.enum(['reserved', 'released', 'expired', 'committed', 'delivered']),
      /** Set for every cause but `delivered`. */
      reservation: z.optional(reservation),
    }),
  },
  /** A provider's event as it was sent, whatever its type. */
  'payments.webhook': {
    version: 1,
    data: z.object({
      provider: text,
      eventId: textUpTo(maxLengths.eventId),
      eventType: text,
      receivedAt: instant,
      /** Parsed JSON. */
      body: z.record(z.string(), z.unknown()),
    }),
  },
  /**
   * A line of the access log of the public or partner API: every value is text, and `-` means that it is
   * missing.
   */
  'gateway.access-log': { version: 1, data: z.record(z.string(), z.string()) },
} as const satisfies Readonly<Record<string, { readonly version: number; readonly data: z.ZodMiniType }>>;

export type EventType = keyof typeof eventData;
export type EventData = { readonly [T in EventType]: DeepReadonly<z.output<(typeof eventData)[T]['data']>> };

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
