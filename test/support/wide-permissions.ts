/** A reason for statements with wildcard actions or resources. */
export interface WidePermission {
  /** Exactly the actions of the statements. */
  readonly actions: readonly string[];
  /** Owners of the statements: `Stack/LogicalId` without the hash at the end. */
  readonly owners: RegExp;
  readonly reason: string;
}

const functionRole = /^(Api|Data|Events|Partner|Policy|OriginSecretRotation)\/\w*Role(DefaultPolicy)?$/;
const taskRole = /^Service-[a-z-]+\/(Stable|Canary)TaskDefinitionTaskRole(DefaultPolicy)?$/;

/**
 * Actions on every resource (`Resource: *`) in identity policies. In a key policy, `*` means that key and is not
 * listed. The Service Authorization Reference lists the actions that support resources.
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
    reason: 'A network interface has no ARN before Lambda creates it, and Lambda refuses a narrower role.',
  },
  {
    actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'],
    owners: /^Events\/BusinessFunctionRole/,
    reason:
      'The Kafka pollers read the network before they create interfaces. The actions do not support resources.',
  },
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    owners: functionRole,
    reason: 'The X-Ray actions do not support resources.',
  },
  {
    actions: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'],
    owners: taskRole,
    reason: 'The X-Ray actions do not support resources.',
  },
  {
    actions: ['cloudwatch:PutMetricData'],
    owners: /^Events\/BusinessFunctionRole/,
    reason:
      'The action does not support resources. A condition restricts it to the namespace of the gateway.',
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
    reason: 'IAM policies of the account administer the key. Without this statement nobody could.',
  },
  {
    actions: ['kms:GenerateDataKey*'],
    owners: /^(Alerts\/(Warnings|Critical)Key|Edge\/AlarmTopicKey)$/,
    reason: 'CloudWatch needs it under the key of a topic to which it publishes, as its guide states.',
  },
  {
    actions: ['s3:GetBucket*', 's3:List*', 's3:DeleteObject*'],
    owners: /^(Data|Edge)\/\w+BucketPolicy$/,
    reason:
      'The CDK empties buckets of temporary environments before it deletes them. It is limited to this bucket.',
  },
];

/** Managed policies of AWS, by name. They are wider than the policies of the gateway. */
export const managedPolicies: readonly WidePermission[] = [
  {
    actions: ['service-role/AWSLambdaBasicExecutionRole'],
    owners: /^\w+\/Custom\w+CustomResourceProviderRole$/,
    reason: 'Deployment functions of the CDK write logs. Their log groups are not known before they run.',
  },
  {
    actions: ['service-role/AWSBackupServiceRolePolicyForBackup'],
    owners: /^Data\/BackupsRole$/,
    reason: 'AWS Backup reads the selected resources. AWS adds new resource types to this policy.',
  },
  {
    actions: ['service-role/AmazonAPIGatewayPushToCloudWatchLogs'],
    owners: /^Partner\/PartnerApiLoggingRole$/,
    reason: 'The account setting for logs of REST APIs accepts only a role with this policy.',
  },
  {
    actions: ['service-role/AWSBackupServiceRolePolicyForBackup'],
    owners: /^Data\/BackupsRole$/,
    reason: 'The actions of AWS Backup differ between resource types. AWS maintains them in this policy.',
  },
];
