import { z } from 'zod';

const emails = z.array(z.email({ error: 'Give an email address.' }));

/** Who hears of what. */
export const alarmsSchema = z.strictObject({
  /** Hear warnings: what is not well and what callers do not notice yet, or not much. */
  emails: emails.default([]),
  /** Are called: callers are affected, or stock and money are at stake. @default - who hears warnings */
  criticalEmails: emails.optional(),
  /** Somebody calls in every quarter of an hour, day and night, so that silence is a fault. */
  expectsTraffic: z.boolean().default(false),
});

/**
 * Under this, no rate of failures could burn the error budget as fast as the alarms wait for (14.4 times, by
 * `lib/features/observability/objective.ts`).
 */
const percent = z
  .number()
  .min(94, 'Give at least 94 percent: below it nothing could fail fast enough to be told.')
  .max(99.999, 'Give less than 100 percent: nothing may ever fail then.');

/** What the public API owes its callers over four weeks. */
export const objectivesSchema = z.strictObject({
  /** Part of the calls that are not answered 5xx. */
  availabilityPercent: percent.default(99.9),
  /** Part of the calls that are answered within `withinMs`. */
  latency: z
    .strictObject({
      percent: percent.default(95),
      withinMs: z
        .number()
        .int()
        .min(1, 'Give at least 1 ms.')
        .max(30_000, 'No call takes longer.')
        .default(500),
    })
    .prefault({}),
});
