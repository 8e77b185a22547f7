import { ArnFormat, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration } from 'aws-cdk-lib/aws-wafv2';
import type { Construct } from 'constructs';

export interface WebAclLogProps {
  /** Name of the web ACL, unique in its region. */
  readonly name: string;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** Headers with credentials. */
const credentials = [
  'authorization',
  'cookie',
  'x-api-key',
  'signature',
  'x-gw-origin-secret',
  'x-gw-partner-proof',
];

/** Logs the requests that a web ACL blocks or counts, without credentials. The access logs have the allowed requests. */
export function logBlockedRequests(
  scope: Construct,
  resourceArn: string,
  { name, logRetention, removalPolicy }: WebAclLogProps,
): void {
  // AWS WAF writes only to log groups with this prefix, and needs the ARN without the `:*` at the end.
  const logGroupName = `aws-waf-logs-${name}`;
  const logGroupArn = Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: logGroupName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const logGroup = new LogGroup(scope, 'Logs', { logGroupName, retention: logRetention, removalPolicy });
  const keep = (action: string) => ({
    Behavior: 'KEEP',
    Requirement: 'MEETS_ANY',
    Conditions: [{ ActionCondition: { Action: action } }],
  });
  const logging = new CfnLoggingConfiguration(scope, 'Logging', {
    resourceArn,
    logDestinationConfigs: [logGroupArn],
    redactedFields: credentials.map((Name) => ({ singleHeader: { Name } })),
    loggingFilter: { DefaultBehavior: 'DROP', Filters: [keep('BLOCK'), keep('COUNT')] },
  });
  logging.node.addDependency(logGroup);
}
