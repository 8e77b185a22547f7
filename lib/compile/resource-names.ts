/** Names of a deployment's resources, for the operators' commands. */
export interface ResourceNames {
  readonly clientsTable: string;
  readonly usageTable: string;
  readonly auditTable: string;
  /** The function that explains decisions and reads the counters of the limit store. */
  readonly authorizer: string;
  /** The function that revokes tokens. */
  readonly revocation: string;
  /** Dead-letter queues by the function that could not process their messages. */
  readonly deadLetterQueues: Readonly<Record<string, DeadLetterQueueNames>>;
}

/** A dead-letter queue, and what its messages return to. */
export interface DeadLetterQueueNames {
  /** URL of the dead-letter queue. */
  readonly queue: string;
  /** URL of the queue of the consumer, or ARN of a function that reads records of Kafka. */
  readonly returnsTo: { readonly queue: string } | { readonly kafkaConsumer: string };
}

/** Name of the parameter with these names, in Systems Manager Parameter Store. */
export function resourceNamesParameter(environment: string): string {
  return `/gatehouse/${environment}/operations`;
}
