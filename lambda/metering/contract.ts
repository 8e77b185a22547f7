/** What metering and the templates agree on. Imports nothing. */

/** Names of the function's environment variables, besides those of the store and of the events. */
export const env = {
  /** The gateway's environment: a dimension of its metrics, and said in alerts. */
  environment: 'GATEHOUSE_ENVIRONMENT',
  /** Table of what clients have used in a month. */
  usageTable: 'USAGE_TABLE',
  /** Table of what has been counted already. */
  ledgerTable: 'METERING_LEDGER_TABLE',
  /** Topic of those who want to hear that a month is nearly used up. */
  quotaTopicArn: 'QUOTA_TOPIC_ARN',
  /** Queue of access-log events for which the event log was away. */
  accessLogQueueUrl: 'ACCESS_LOG_QUEUE_URL',
  /** Queue of messages that cannot be read. */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
} as const;

/** Where the access log goes besides CloudWatch. */
export const accessLogTopic = 'gateway.access-log';

/** Shares of a month's requests and bytes that are told once each, in percent. */
export const quotaPercents = [80, 90, 100] as const;

/** The message of the quota topic, as JSON. Delivery is at least once: `id` tells repetitions. */
export interface QuotaAlert {
  readonly type: 'gatehouse.quota';
  readonly version: 1;
  readonly id: string;
  readonly environment: string;
  /** Whom the store counts: `client:` or `user:` and a digest. */
  readonly caller: string;
  /** As the access log has them; `-` for none. */
  readonly clientId: string;
  readonly userId: string;
  readonly plan: string;
  /** `2026-11`, or `2026-11-15` for a month that begins on the 15th; UTC. */
  readonly month: string;
  readonly kind: 'requests' | 'bytes';
  readonly percent: (typeof quotaPercents)[number];
  readonly used: number;
  readonly allowed: number;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** Metrics that metering writes, in the shared namespace, by `environment`. */
export const metricNames = [
  /** Lines of the access log that came, and of those: counted now, counted before, of calls that no month counts. */
  'MeteredLines',
  'MeteredRequests',
  'MeteredBytes',
  'MeteredDuplicates',
  /** Lines that are not read, or are of longer ago than anything is remembered. They stay in the access log. */
  'AccessLogParseErrors',
  'AccessLogLinesTooOld',
  /** The store did not take what was charged; the next line of the caller, or the loss of the store, makes it good. */
  'QuotaUpdateFailures',
  'QuotaAlerts',
  /** Lines that reached the event log, and those that wait in the queue because it was away. */
  'AccessLogEvents',
  'AccessLogFallback',
] as const;
export type MetricName = (typeof metricNames)[number];
