/** What the drain of the webhooks' fallback queue and the templates agree on. Imports nothing. */

/** Names of the environment variables, besides those of the store and the event log. */
export const env = {
  /** Name of the environment, for metrics. */
  environment: 'GATEHOUSE_ENVIRONMENT',
  /** URL of the FIFO queue of messages that are no webhooks. */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
} as const;

/** Counted in the log by environment: messages that went on into the event log, and those that come again. */
export type DrainMetric = 'WebhooksDrained' | 'WebhookDrainFailures';
