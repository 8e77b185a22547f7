/** The contract between the consumer of business events and the templates. Imports nothing. */

/** Names of the function's environment variables. */
export const env = {
  /** The gateway's environment: a dimension of every metric. */
  environment: 'GATEHOUSE_ENVIRONMENT',
  /** Table with the known facts of orders and reservations. */
  stateTable: 'BUSINESS_STATE_TABLE',
  /** URL of the dead-letter queue of records that cannot be parsed. */
  deadLetterQueueUrl: 'DEAD_LETTER_QUEUE_URL',
  /** `report` when the event source mapping reads which records failed, otherwise `throw`. */
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

/** Types of a topic's events that it reads: a delivery moves no reservation. */
export const topicFilters: Readonly<Partial<Record<(typeof consumedTopics)[number], readonly object[]>>> = {
  'inventory.updated': [{ value: { data: { cause: ['reserved', 'released', 'expired', 'committed'] } } }],
};

/** The source of the minute's schedule, as EventBridge names it. */
export const scheduleSource = 'aws.events';

/** The source of an operator's replay of a dead letter. Its answer names a record that still cannot be processed. */
export const replaySource = 'gatehouse.replay';

/** Metrics in the shared namespace, by `environment`. */
export const metricNames = [
  'OrdersCreated',
  'PaymentsSucceeded',
  'PaymentsFailed',
  'OrdersConfirmed',
  'OrdersFailed',
  /** Of confirmed orders, minor units (ISO 4217); also by `currency`. */
  'Revenue',
  /**
   * From the order to its payment, from there to its confirmation, and from the order to its confirmation.
   */
  'OrderToPaymentTime',
  'PaymentToConfirmationTime',
  'OrderToConfirmationTime',
  /** Kinds are listed in `mismatches`; also by `mismatch`. */
  'InventoryMismatches',
  /** Events that are too old for CloudWatch. */
  'EventsTooOld',
] as const;
export type MetricName = (typeof metricNames)[number];

/** Contradictions between reservations and stock. */
export const mismatches = [
  /** Reserved, and long after its time neither committed nor released nor expired. */
  'without-outcome',
  /** Committed without a reservation. */
  'without-reservation',
  /** Committed and released. */
  'two-outcomes',
  /** Available stock below zero. */
  'negative-stock',
] as const;
export type Mismatch = (typeof mismatches)[number];
