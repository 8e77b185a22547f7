import * as z from 'zod/mini';

/**
 * The longest texts of an event, in UTF-16 units. Ids become keys: DynamoDB takes 1,024 bytes of a sort key, a B-tree of
 * PostgreSQL 2,704 bytes of an entry, and a unit is at most three bytes.
 */
export const maxLengths = { id: 128, eventId: 256, source: 256, type: 128, key: 512, text: 1_024 } as const;

const textUpTo = (length: number) => z.string().check(z.minLength(1), z.maxLength(length));
const text = textUpTo(maxLengths.text);
const id = textUpTo(maxLengths.id);
/** ISO 4217; CloudWatch takes it as a dimension. */
const currency = z.string().check(z.regex(/^[A-Za-z]{3}$/, 'no currency code of ISO 4217'));
const whole = z.number().check(z.int());
const count = z.number().check(z.int(), z.minimum(1));
const level = z.number().check(z.int(), z.minimum(0));
/** ISO 8601, UTC. */
const instant = z.iso.datetime();

/** Minor units of the currency (ISO 4217). */
const money = z.object({ amount: level, currency });
const items = z.array(z.object({ productId: id, quantity: count })).check(z.minLength(1));

const payment = { orderId: id, paymentId: id, amount: level, currency };

/** What moved between a product's free, held and sold stock, so that reservations can be matched with commits. */
const reservation = z.object({ id, orderId: z.nullable(id), quantity: count });

/**
 * What each event says, by its type; the type is also the topic. Objects may gain fields without notice. `version` is
 * raised when a shape changes in a way that consumers must know of: readers take the version that is written here, and
 * keep others for a reader who knows them.
 */
export const eventData = {
  'orders.created': { version: 1, data: z.object({ orderId: id, userId: text, items, total: money }) },
  'orders.payment_succeeded': { version: 1, data: z.object(payment) },
  'orders.payment_failed': { version: 1, data: z.object({ ...payment, reason: text }) },
  /** Paid, and its stock committed. */
  'orders.confirmed': {
    version: 1,
    data: z.object({ orderId: id, userId: text, total: money, createdAt: instant }),
  },
  /** Over without having been confirmed. */
  'orders.failed': { version: 1, data: z.object({ orderId: id, reason: text, createdAt: instant }) },
  'inventory.updated': {
    version: 1,
    data: z.object({
      productId: id,
      available: whole,
      reserved: level,
      cause: z.enum(['reserved', 'released', 'expired', 'committed', 'delivered']),
      /** Of every cause but `delivered`. */
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
  /** A line of the doors' access log: every value is text, and `-` stands for none. */
  'gateway.access-log': { version: 1, data: z.record(z.string(), z.string()) },
} as const satisfies Readonly<Record<string, { readonly version: number; readonly data: z.ZodMiniType }>>;

export type EventType = keyof typeof eventData;
export type EventData = { readonly [T in EventType]: DeepReadonly<z.output<(typeof eventData)[T]['data']>> };

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;
