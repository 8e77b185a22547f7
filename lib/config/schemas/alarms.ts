import { z } from 'zod';

const emails = z.array(z.email({ error: 'Give an email address.' }));

/** Recipients of alarms. */
export const alarmsSchema = z.strictObject({
  /** Recipients of warnings: faults that do not affect callers yet, or only a few. */
  emails: emails.default([]),
  /**
   * Recipients of critical alarms: callers are affected, or stock or money is at risk. @default - the recipients of
   * warnings
   */
  criticalEmails: emails.optional(),
  /**
   * Whether the environment has traffic in every quarter of an hour. If so, missing traffic raises an alarm.
   */
  expectsTraffic: z.boolean().default(false),
});

/**
 * The minimum keeps the fastest burn rate (14.4 times, see `lib/features/observability/objective.ts`) below 100 percent
 * failures.
 */
const percent = z
  .number()
  .min(94, 'Give at least 94 percent: with a lower objective the burn-rate alarm can never fire.')
  .max(99.999, 'Give less than 100 percent: an error budget of 0 cannot be alarmed on.');

/** Service level objectives of the public API over four weeks. */
export const objectivesSchema = z.strictObject({
  /** Percentage of requests that are not answered with a 5xx. */
  availabilityPercent: percent.default(99.9),
  /** Percentage of requests that are answered within `withinMs`. */
  latency: z
    .strictObject({
      percent: percent.default(95),
      withinMs: z
        .number()
        .int()
        .min(1, 'Give at least 1 ms.')
        .max(30_000, 'Give at most 30000 ms; the HTTP API ends a request after 30 s.')
        .default(500),
    })
    .prefault({}),
});
