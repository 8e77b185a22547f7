/** Names of a deployment's resources, for the operators' commands. */
export interface ResourceNames {
  readonly clientsTable: string;
  readonly usageTable: string;
  readonly auditTable: string;
  /** The function that explains decisions and reads the counters of the limit store. */
  readonly authorizer: string;
  /** The function that revokes tokens. */
  readonly revocation: string;
  /** URLs of the queue in which webhooks wait and of its dead-letter queue. */
  readonly webhookQueue: string;
  readonly webhookDeadLetterQueue: string;
}

/** Name of the parameter with these names, in Systems Manager Parameter Store. */
export function resourceNamesParameter(environment: string): string {
  return `/gatehouse/${environment}/operations`;
}
