import type { Paragraph } from './forecast.ts';
import { type DeploymentPlan, type PlannedResource, resourcesIn } from './plan.ts';

/** What is left of resources of a type that CloudFormation retains, and how to delete it. */
const kept: Readonly<Record<string, readonly [what: string, remove: string]>> = {
  'AWS::S3::Bucket': ['buckets with their objects', 'aws s3 rb s3://NAME --force'],
  'AWS::DynamoDB::GlobalTable': ['tables', 'aws dynamodb delete-table --table-name NAME'],
  'AWS::Logs::LogGroup': ['log groups', 'aws logs delete-log-group --log-group-name NAME'],
  'AWS::ECR::Repository': ['image repository', 'aws ecr delete-repository --force --repository-name NAME'],
  'AWS::KMS::Key': ['keys', 'aws kms schedule-key-deletion --key-id ID, last: what they encrypt is lost'],
  'AWS::RDS::DBCluster': ['database', 'aws rds delete-db-cluster --db-cluster-identifier NAME'],
  'AWS::MSK::Cluster': ['brokers with the event log', 'aws kafka delete-cluster --cluster-arn ARN'],
  'AWS::MSK::Topic': ['topics', 'deleted with the brokers'],
  'AWS::SecretsManager::Secret': [
    'secrets',
    'aws secretsmanager delete-secret --force-delete-without-recovery --secret-id NAME',
  ],
  'AWS::ElastiCache::ServerlessCache': [
    'limit store',
    'aws elasticache delete-serverless-cache --serverless-cache-name NAME',
  ],
  'AWS::SQS::Queue': ['queues', 'aws sqs delete-queue --queue-url URL'],
  'AWS::Backup::BackupVault': ['backups', 'aws backup delete-backup-vault --backup-vault-name NAME'],
};

const nameProperties =
  /^((Bucket|Table|LogGroup|Repository|Queue|Cluster|ServerlessCache|BackupVault|Topic|Role)?Name|DBClusterIdentifier)$/;

/** What `cdk destroy` of an environment leaves in the account. Asks AWS nothing. */
export function teardown(plan: DeploymentPlan): Paragraph[] {
  const all = resourcesIn(plan);
  const retained = all.filter(({ deletionPolicy }) => isRetained(deletionPolicy));
  const snapshots = all.filter(({ deletionPolicy }) => deletionPolicy === 'Snapshot');
  const types = [...new Set(retained.map(({ type }) => type))].sort();
  const deletedKeys = all.filter(
    ({ type, deletionPolicy }) => type === 'AWS::KMS::Key' && !isRetained(deletionPolicy),
  );
  const deletedSecrets = all.filter(
    ({ type, deletionPolicy }) => type === 'AWS::SecretsManager::Secret' && !isRetained(deletionPolicy),
  );
  return [
    ...types.map((type): Paragraph => {
      const resources = retained.filter((resource) => resource.type === type);
      const [what, remove] = kept[type] ?? [type.replace(/^AWS::/, ''), 'in the console'];
      return [
        `${resources.length} ${what}`,
        `kept: ${resources.map(nameOf).join(', ')}. To delete: ${remove}`,
      ];
    }),
    ...(snapshots.length === 0
      ? []
      : [[`${snapshots.length} snapshots`, `of ${snapshots.map(nameOf).join(', ')}`] satisfies Paragraph]),
    ...(deletedKeys.length === 0
      ? []
      : [
          [
            `${deletedKeys.length} keys`,
            'wait for their deletion, free of charge, for 7 to 30 days; aws kms cancel-key-deletion keeps one.',
          ] satisfies Paragraph,
        ]),
    ...(deletedSecrets.length === 0
      ? []
      : [
          [
            `${deletedSecrets.length} secrets`,
            'are deleted; Secrets Manager may reserve their names for 7 to 30 days, unless: aws secretsmanager delete-secret --force-delete-without-recovery --secret-id NAME',
          ] satisfies Paragraph,
        ]),
    [
      'Of the CDK',
      'the stack CDKToolkit with its bucket of assets and its image repository, in each region, for other applications too.',
    ],
    [
      'Of AWS',
      'service-linked roles, continuous backups of deleted tables (35 days), automated backups of the database (its retention), metrics (15 months).',
    ],
  ];
}

const isRetained = (deletionPolicy: string | undefined) => deletionPolicy?.startsWith('Retain') === true;

function nameOf({ properties, logicalId }: PlannedResource): string {
  const names = Object.entries(properties).filter(([property]) => nameProperties.test(property));
  const [name = logicalId] = names.map(([, value]) => value).filter((value) => typeof value === 'string');
  return name;
}
