import { z } from 'zod';

const emails = z.array(z.email({ error: 'Give an email address.' }));

/** The text is in every alarm's description, which CloudWatch limits to 1,024 characters. */
const runbookUrl = z
  .url({
    protocol: /^https$/,
    error: 'Give an https URL, such as https://git.store.example/gatehouse/docs/runbooks.',
  })
  .max(300, 'Give at most 300 characters.')
  .transform((text) => text.replace(/\/+$/, ''));

/** Who receives which alarms, and where their runbooks are published. */
export const alarmsSchema = z.strictObject({
  /** Receive warnings: faults that callers do not notice yet, or hardly notice. */
  emails: emails.default([]),
  /** Are paged: callers are affected, or stock or money is at risk. @default those who receive warnings */
  criticalEmails: emails.optional(),
  /** Whether the public API has calls in every 15 minutes, day and night, so that no traffic is a fault. */
  expectsTraffic: z.boolean().default(false),
  /** Where `docs/runbooks` is published for people on call. */
  runbookBaseUrl: runbookUrl.default('https://example.com/gatehouse/docs/runbooks'),
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
