import type { Account, LookupResult } from '../account.ts';
import {
  type Check,
  type Finding,
  fail,
  findingOf,
  inconclusive,
  mapSequentially,
  pass,
  summarizePasses,
} from '../check.ts';
import { type PlannedResource, resourcesIn } from '../plan.ts';

/** How a fixed name is looked up: the property that holds it, and the lookup. */
interface NameRule {
  readonly property: string;
  /** @default - Cloud Control, where the name is the type's primary identifier */
  readonly lookUp?: (account: Account, region: string, name: string) => Promise<LookupResult<unknown>>;
}

/**
 * Resource types whose names are unique in a region of an account. Data resources remain when their stack is deleted.
 */
export const uniqueNames: Readonly<Record<string, NameRule>> = {
  'AWS::Backup::BackupVault': { property: 'BackupVaultName' },
  'AWS::CloudFront::KeyValueStore': { property: 'Name' },
  'AWS::CloudFront::Function': {
    property: 'Name',
    lookUp: (account, _region, name) => account.edgeFunction(name),
  },
  'AWS::CloudWatch::Alarm': { property: 'AlarmName' },
  'AWS::CloudWatch::CompositeAlarm': { property: 'AlarmName' },
  'AWS::CloudWatch::Dashboard': { property: 'DashboardName' },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName' },
  'AWS::DynamoDB::Table': { property: 'TableName' },
  'AWS::ECR::Repository': { property: 'RepositoryName' },
  'AWS::ECS::Cluster': { property: 'ClusterName' },
  'AWS::ElastiCache::ReplicationGroup': { property: 'ReplicationGroupId' },
  'AWS::ElastiCache::ServerlessCache': { property: 'ServerlessCacheName' },
  'AWS::ElastiCache::User': { property: 'UserId' },
  'AWS::ElastiCache::UserGroup': { property: 'UserGroupId' },
  'AWS::IAM::Role': { property: 'RoleName' },
  'AWS::KMS::Alias': { property: 'AliasName' },
  'AWS::Lambda::Function': { property: 'FunctionName' },
  'AWS::Logs::DeliveryDestination': { property: 'Name' },
  'AWS::Logs::DeliverySource': { property: 'Name' },
  'AWS::Logs::LogGroup': { property: 'LogGroupName' },
  'AWS::MSK::Cluster': {
    property: 'ClusterName',
    lookUp: (account, region, name) => account.kafkaCluster(region, name),
  },
  'AWS::RDS::DBCluster': { property: 'DBClusterIdentifier' },
  'AWS::RDS::GlobalCluster': { property: 'GlobalClusterIdentifier' },
  'AWS::S3::Bucket': { property: 'BucketName' },
  'AWS::SecretsManager::Secret': {
    property: 'Name',
    lookUp: (account, region, name) => account.secret(region, name),
  },
  'AWS::SSM::Parameter': { property: 'Name' },
};

/** Fixed names must be free, or used by this environment's stacks. */
export const names: Check = {
  name: 'names',
  run: async (plan, account) => {
    const named = plan.stacks.map((stack) => ({
      stack,
      resources: resourcesIn({ ...plan, stacks: [stack] }).filter(
        ({ type, properties }) => typeof properties[uniqueNames[type]?.property ?? ''] === 'string',
      ),
    }));
    const findings = await mapSequentially(named, async ({ stack, resources }): Promise<Finding[]> => {
      if (resources.length === 0) return [];
      const there = await account.stack(stack.region, stack.name);
      if (there.kind === 'unreadable') return [inconclusive(`${stack.name}: ${there.reason}`)];
      const own = there.kind === 'found' ? there.value.logicalIds : new Set<string>();
      return await mapSequentially(resources, async (resource) =>
        own.has(resource.logicalId) ? pass(resource.logicalId) : await judge(resource, account),
      );
    });
    return summarizePasses(
      unreadableTogether(findings),
      (count) => `${count} fixed names are free, or of this environment's stacks.`,
    );
  },
};

async function judge(resource: PlannedResource, account: Account): Promise<Finding> {
  const { type, properties, stack } = resource;
  const { region } = stack;
  const rule = uniqueNames[type] as NameRule;
  const name = String(properties[rule.property]);
  const reading = await (rule.lookUp?.(account, region, name) ?? account.resource(region, type, name));
  const subject = `${type} ${name} in ${region}`;
  return findingOf(
    subject,
    reading,
    (value) =>
      // A deleted secret remains for 7 to 30 days.
      (value as { readonly isDeleted?: boolean }).isDeleted === true
        ? fail(
            `${subject} is to be deleted, and keeps its name until then.`,
            `aws secretsmanager delete-secret --force-delete-without-recovery --region ${region} --secret-id ${name}`,
          )
        : fail(
            `${subject} exists, and ${stack.name} did not make it.`,
            'Delete it, or take it into the stack: cdk import.',
          ),
    pass(subject),
  );
}

/** Combines findings that are unreadable for the same reason. */
function unreadableTogether(findings: readonly Finding[]): Finding[] {
  const seen = new Map<string, { readonly first: Finding; count: number }>();
  const others: Finding[] = [];
  for (const finding of findings) {
    if (finding.outcome !== 'inconclusive') {
      others.push(finding);
      continue;
    }
    const reason = finding.detail.slice(finding.detail.indexOf(': ') + 2);
    const same = seen.get(reason);
    if (same === undefined) seen.set(reason, { first: finding, count: 1 });
    else same.count += 1;
  }
  const joined = [...seen.values()].map(({ first, count }) =>
    count === 1 ? first : inconclusive(`${first.detail} The same for ${count - 1} more.`),
  );
  return [...others, ...joined];
}
