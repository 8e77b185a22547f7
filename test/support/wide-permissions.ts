/** Why some statements may allow more than a named action on a named resource. */
export interface WidePermission {
  /** Exactly as the statements have them. */
  readonly actions: readonly string[];
  /** Owners of the statements, `Stack/LogicalId` without the digest at its end. */
  readonly owners: RegExp;
  readonly reason: string;
}

const functionRole = /^(Api|Data|Events|Partner|Policy|OriginSecretRotation)\/\w*Role(DefaultPolicy)?$/;
const taskRole = /^Service-[a-z-]+\/(Stable|Canary)TaskDefinitionTaskRole(DefaultPolicy)?$/;

/**
 * Actions on every resource (`Resource: *`), all of identities: the `*` of a key's own policy is that key and is not
 * meant. Whether an action knows resources is in the Service Authorization Reference.
 */
export const onEveryResource: readonly WidePermission[] = [
  {
    actions: [
      'ec2:CreateNetworkInterface',
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ec2:DeleteNetworkInterface',
      'ec2:AssignPrivateIpAddresses',
      'ec2:UnassignPrivateIpAddresses',
    ],
    owners: functionRole,
    reason: 'A network interface has no name before Lambda makes it, and Lambda refuses a narrower role.',
  },
  {
    actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'],
    owners: /^Events\/BusinessFunctionRole/,
    reason:
      'Pollers of Kafka look at the network before they make interfaces in it; neither action knows resources.',
  },
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    owners: functionRole,
    reason: 'X-Ray knows no resources.',
  },
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    owners: taskRole,
    reason: 'X-Ray knows no resources.',
  },
  {
    actions: ['cloudwatch:PutMetricData'],
    owners: /^Events\/BusinessFunctionRole/,
    reason: 'Metrics are no resources; a condition narrows it to our namespace.',
  },
  {
    actions: ['ecr:GetAuthorizationToken'],
    owners: /^Service-[a-z-]+\/(Stable|Canary)TaskDefinitionExecutionRole(DefaultPolicy)?$/,
    reason: 'The token is for the account, not for a repository.',
  },
];

/** Actions with a wildcard in their name. */
export const wildcardActions: readonly WidePermission[] = [
  {
    actions: ['kms:*'],
    owners:
      /^(Data\/(Tables|Events)Key|Key(-us-east-1)?\/CustomerManagedKey|Alerts\/(Warnings|Critical)Key|Edge\/AlarmTopicKey)$/,
    reason: "The account's administrators rule over its keys: the statement without which nobody could.",
  },
  {
    actions: ['kms:GenerateDataKey*'],
    owners: /^(Alerts\/(Warnings|Critical)Key|Edge\/AlarmTopicKey)$/,
    reason:
      'What CloudWatch asks for under the key of a topic that it publishes to, in the words of its guide.',
  },
  {
    actions: ['s3:GetBucket*', 's3:List*', 's3:DeleteObject*'],
    owners: /^(Data|Edge)\/\w+BucketPolicy$/,
    reason:
      'The CDK empties buckets of environments that come and go before it deletes them; on this bucket only.',
  },
];

/** AWS's own policies, which are wider than ours would be, by their names. */
export const managedPolicies: readonly WidePermission[] = [
  {
    actions: ['service-role/AWSLambdaBasicExecutionRole'],
    owners: /^\w+\/Custom\w+CustomResourceProviderRole$/,
    reason: "The log of the CDK's own helpers of a deployment, whose group nobody knows before they run.",
  },
  {
    actions: ['service-role/AWSBackupServiceRolePolicyForBackup'],
    owners: /^Data\/BackupsRole$/,
    reason: 'AWS Backup reads what it is told to, by kinds of resources that AWS adds to.',
  },
  {
    actions: ['service-role/AmazonAPIGatewayPushToCloudWatchLogs'],
    owners: /^Partner\/PartnerApiLoggingRole$/,
    reason:
      "The account's setting for logs of REST APIs: API Gateway takes a role with this policy and no other.",
  },
  {
    actions: ['service-role/AWSBackupServiceRolePolicyForBackup'],
    owners: /^Data\/BackupsRole$/,
    reason:
      'What AWS Backup does to a kind of resource changes with the kind; the policy of its guide follows it.',
  },
];
