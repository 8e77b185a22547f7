/** What the operators' commands must know of a deployment, and cannot know from its name. */
export interface ResourceNames {
  readonly clientsTable: string;
  readonly usageTable: string;
  readonly auditTable: string;
  /** What to invoke for an explanation, and for what the store has counted. */
  readonly authorizer: string;
  /** What to invoke to revoke. */
  readonly revocation: string;
  /** URLs of the queues in which webhooks wait, and of those that waited too long. */
  readonly webhookQueue: string;
  readonly webhookDeadLetterQueue: string;
}

/** Under this name every environment says it, in the Systems Manager's Parameter Store. */
export function resourceNamesParameter(environment: string): string {
  return `/gatehouse/${environment}/operations`;
}
