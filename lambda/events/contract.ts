/** What the consumer of business events and the templates agree on. Imports nothing. */

/** Names of the function's environment variables. */
export const env = {
  /** The gateway's environment: a dimension of every metric. */
  environment: 'GATEHOUSE_ENVIRONMENT',
  /** Table of what has been heard of orders and reservations. */
  stateTable: 'BUSINESS_STATE_TABLE',
  /** URL of the queue of records that cannot be read. */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** `report` where the event source mapping reads which records failed, `throw` where it does not. */
  onFailure: 'ON_FAILURE',
} as const;

/** The topics that it reads. */
export const consumedTopics = [
  'orders.created',
  'orders.payment_succeeded',
  'orders.payment_failed',
  'orders.confirmed',
  'orders.failed',
  'inventory.updated',
] as const;

/** Which of a topic's events it hears: a delivery moves no reservation. */
export const topicFilters: Readonly<Partial<Record<(typeof consumedTopics)[number], readonly object[]>>> = {
  'inventory.updated': [{ value: { data: { cause: ['reserved', 'released', 'expired', 'committed'] } } }],
};

/** Whom the minute's schedule is of, as EventBridge says it. */
export const scheduleSource = 'aws.events';

/** Metrics in the shared namespace, by `environment`. */
export const metricNames = [
  'OrdersCreated',
  'PaymentsSucceeded',
  'PaymentsFailed',
  'OrdersConfirmed',
  'OrdersFailed',
  /** Of confirmed orders, minor units (ISO 4217); by `currency`, too. */
  'Revenue',
  /** From the order to its payment, from there to its confirmation, and from the order to its confirmation. */
  'OrderToPaymentTime',
  'PaymentToConfirmationTime',
  'OrderToConfirmationTime',
  /** What `mismatches` lists; by `mismatch`, too. */
  'InventoryMismatches',
  /** Events that CloudWatch takes no figures of any more. */
  'EventsTooOld',
] as const;
export type MetricName = (typeof metricNames)[number];

/** Where reservations and stock do not agree. */
export const mismatches = [
  /** Reserved, and when its time was long over neither committed nor released nor expired. */
  'without-outcome',
  /** Committed, and never reserved. */
  'without-reservation',
  /** Committed and released. */
  'two-outcomes',
  /** Less than nothing can be sold. */
  'negative-stock',
] as const;
export type Mismatch = (typeof mismatches)[number];
