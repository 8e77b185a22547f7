/** The contract between metering and the templates. Imports nothing. */

/** Names of the function's environment variables, besides those of the limit store and of the event log. */
export const env = {
  /** The gateway's environment: a dimension of its metrics, and named in alerts. */
  environment: 'GATEHOUSE_ENVIRONMENT',
  /** Table of the clients' monthly usage. */
  usageTable: 'USAGE_TABLE',
  /** Table of the records that are already counted. */
  ledgerTable: 'METERING_LEDGER_TABLE',
  /** Topic of quota alerts. */
  quotaTopicArn: 'QUOTA_TOPIC_ARN',
  /** Queue of access-log events that wait while the event log is unavailable. */
  accessLogQueueUrl: 'ACCESS_LOG_QUEUE_URL',
  /** Dead-letter queue of messages that cannot be parsed. */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
} as const;

/** A caller's item of refused calls in the usage table: beside its usage, so that both have a version of their own. */
export function refusalsKey(caller: string): string {
  return `refused#${caller}`;
}

/** The topic of the access log, besides CloudWatch Logs. */
export const accessLogTopic = 'gateway.access-log';

/** Percentages of a month's requests and bytes that each cause one alert. */
export const quotaPercents = [80, 90, 100] as const;

/** A message of the quota topic, as JSON. Delivery is at least once: consumers detect repetitions by `id`. */
export interface QuotaAlert {
  readonly type: 'gatehouse.quota';
  readonly version: 1;
  readonly id: string;
  readonly environment: string;
  /** The caller's key in the limit store: `client:` or `user:` and a digest. */
  readonly caller: string;
  /** As in the access log; `-` if missing. */
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

/** Metrics of metering, in the shared namespace, by `environment`. */
export const metricNames = [
  /** Lines of the access log: received; counted now; counted before; of calls that are not metered. */
  'MeteredLines',
  'MeteredRequests',
  'MeteredBytes',
  'MeteredDuplicates',
  /** Lines that cannot be parsed, or are too old to be deduplicated. They stay in the access log. */
  'AccessLogParseErrors',
  'AccessLogLinesTooOld',
  /**
   * The limit store did not accept a charge; the next line of the caller, or a rebuild after a loss, corrects
   * it.
   */
  'QuotaUpdateFailures',
  'QuotaAlerts',
  /** Lines that reached the event log, and those that wait in the queue while it was unavailable. */
  'AccessLogEvents',
  'AccessLogFallback',
] as const;
export type MetricName = (typeof metricNames)[number];
