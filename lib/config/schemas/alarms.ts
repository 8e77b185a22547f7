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
