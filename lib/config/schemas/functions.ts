import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

/**
 * A time and a factor. `cron` has six fields in EventBridge order: minutes, hours, day of month, month, day of week,
 * year.
 */
export const schedule = z.strictObject({
  cron: z
    .string()
    .regex(
      /^[^\s()]+( [^\s()]+){5}$/,
      'Write six fields: minutes, hours, day of month, month, day of week, year.',
    ),
  timeZone: z.string().default('Etc/UTC'),
  /** Multiplies the ordinary minimum and rounds up; 1 restores it. */
  factor: z.number().min(0.1, 'Give at least 0.1.').max(10, 'Give at most 10.'),
});

const memoryMiB = count
  .min(128, 'Give at least 128 MiB, the minimum of Lambda.')
  .max(10_240, 'Give at most 10240 MiB, the maximum of Lambda.');

/** Range of provisioned instances: `min` is always kept warm, and scaling adds more up to `max`. */
const provisionedConcurrency = z
  .strictObject({ min: count, max: count })
  .refine(({ min, max }) => min <= max, { error: 'min must not exceed max. Swap them.' });

/** Memory and concurrency of one function. Omitted figures come from the environment's `capacity`. */
const functionSettings = z.strictObject({
  /** @default - `functions.memoryMiB` */
  memoryMiB: memoryMiB.optional(),
  /**
   * Reserves concurrency, so that this function and others in the account cannot starve each other; null uses the
   * account's pool.
   */
  reservedConcurrency: count.nullable().optional(),
  /** Null means none. */
  provisionedConcurrency: provisionedConcurrency.nullable().optional(),
});

export const functionsSchema = z.strictObject({
  /**
   * Memory of every request-path function without an entry. Lambda allocates CPU in proportion to memory, one vCPU at 1
   * 769 MiB (Lambda guide, "Configure Lambda function memory").
   */
  memoryMiB,
  auth: functionSettings.prefault({}),
  aggregation: functionSettings.prefault({}),
  /** The webhook receiver. Its reserved concurrency keeps a flood of webhooks from starving the shop. */
  webhooks: functionSettings.prefault({}),
  /** Multiplies the minimum provisioned instances of each function at these times. */
  schedules: z.record(z.string(), schedule).default({}),
  /**
   * Concurrent instances of the authorizer on an ordinary day. While the limit store is unavailable, each instance
   * grants this fraction of a limit. @default - the figure of `capacity`
   */
  expectedInstances: count.optional(),
});

/** Functions with separate settings. */
export const configurableFunctions = ['auth', 'aggregation', 'webhooks'] as const;
export type ConfigurableFunction = (typeof configurableFunctions)[number];
