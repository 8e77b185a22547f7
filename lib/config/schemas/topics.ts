import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

/** Topic names of Kafka, without the capitals and underscores that are easily confused. */
export const topicName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9_-]*)*$/,
    'Name a topic in lower case with dots between its words, such as "orders.created".',
  )
  .max(200, 'Give a name of at most 200 characters.');

/** A topic of the event brokers. The type of an event is the name of its topic. */
export const topicSchema = z.strictObject({
  description: z.string().min(1, 'Describe its events in one sentence.'),
  /**
   * Maximum number of consumers of one group that work at the same time. You can raise it later but never lower it.
   */
  partitions: count.max(100, 'Give at most 100; more partitions need a separate cluster.').default(6),
  retentionHours: count.max(8_760, 'Give at most one year.').default(168),
  /** `compact` keeps the last event of each key for ever. It applies when the topic is created. */
  cleanup: z.enum(['delete', 'compact']).default('delete'),
});
