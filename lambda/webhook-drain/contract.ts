/** The contract between the drain of the webhooks' fallback queue and the templates. Imports nothing. */

/** Names of the environment variables, besides those of the limit store and the event log. */
export const env = {
  /** Name of the environment, for metrics. */
  environment: 'GATEHOUSE_ENVIRONMENT',
  /** URL of the FIFO dead-letter queue of messages that are not webhooks. */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
} as const;

/** Metrics by environment: messages that were written to the event log, and those that are retried. */
export type DrainMetric = 'WebhooksDrained' | 'WebhookDrainFailures';
