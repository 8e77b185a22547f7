import { z } from 'zod';

const count = z.number({ error: 'Give a whole number.' }).int().min(1, 'Give at least 1.');

/** Six fields in the order of EventBridge: minutes, hours, day of month, month, day of week, year. */
export const schedule = z.strictObject({
  cron: z
    .string()
    .regex(
      /^[^\s()]+( [^\s()]+){5}$/,
      'Write six fields: minutes, hours, day of month, month, day of week, year.',
    ),
  timeZone: z.string().default('Etc/UTC'),
  /** Times the fewest of an ordinary hour, rounded up; 1 is back to normal. */
  factor: z.number().min(0.1, 'Give at least 0.1.').max(10, 'Give at most 10.'),
});

const memoryMiB = count.min(128, 'Lambda starts at 128 MiB.').max(10_240, 'Lambda ends at 10240 MiB.');

/** Instances that are warm before a call comes: always so many, and more as they fill up. */
const provisionedConcurrency = z
  .strictObject({ min: count, max: count })
  .refine(({ min, max }) => min <= max, { error: 'min must not exceed max. Swap them.' });

/** One function's share of the account; whatever is left out, the capacity decides. */
const functionSettings = z.strictObject({
  /** @default - what `functions.memoryMiB` says */
  memoryMiB: memoryMiB.optional(),
  /** So that nothing else in the account starves it, nor it anything else; null is the account's pool. */
  reservedConcurrency: count.nullable().optional(),
  /** Null is none. */
  provisionedConcurrency: provisionedConcurrency.nullable().optional(),
});

export const functionsSchema = z.strictObject({
  /**
   * Of every function on a caller's way that names none itself. Lambda gives processor by memory, a whole one at
   * 1 769 MiB (Lambda guide, "Configure Lambda function memory").
   */
  memoryMiB,
  auth: functionSettings.prefault({}),
  aggregation: functionSettings.prefault({}),
  /** The receiver of webhooks, so that a sender's flood takes nothing from the shop. */
  webhooks: functionSettings.prefault({}),
  /** Sets the fewest provisioned instances of each function to so many times its own, at these times. */
  schedules: z.record(z.string(), schedule).default({}),
  /**
   * Instances of the authorizer at the same time on an ordinary day. While the store is away each counts alone, and
   * grants this part of a limit.
   */
  expectedInstances: count.optional(),
});

/** The functions that have settings of their own. */
export const configurableFunctions = ['auth', 'aggregation', 'webhooks'] as const;
export type ConfigurableFunction = (typeof configurableFunctions)[number];
