import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

/** What Kafka allows in a name, without the capitals and underscores that would be told apart by accident. */
export const topicName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9_-]*)*$/,
    'Name a topic in lower case with dots between its words, such as "orders.created".',
  )
  .max(200, 'Name a topic with at most 200 characters.');

/** A topic of the event brokers; the event log's types are named like their topics. */
export const topicSchema = z.strictObject({
  description: z.string().min(1, 'Say in one sentence what its events tell.'),
  /** How many consumers of a group can work at once. They can be raised later, but never lowered. */
  partitions: count.max(100, 'Give at most 100; more need a cluster of their own.').default(6),
  retentionHours: count.max(8_760, 'Give at most a year.').default(168),
  /** `compact` keeps the last event of each key for ever; set when the topic is made. */
  cleanup: z.enum(['delete', 'compact']).default('delete'),
});
