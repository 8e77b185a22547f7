import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../lib/config/index.ts';
import { databaseServices } from '../support/database-services.ts';
import { scratchFolder } from '../support/scratch.ts';
import {
  environmentNames,
  newApp,
  type Resource,
  resourcesOf,
  stageOf,
  synthesised,
} from '../support/synth.ts';

const scratch = scratchFolder('unprotected');

/** Resource types that lose data if CloudFormation replaces them. */
const dataTypes = new Set([
  'AWS::AppConfig::ConfigurationProfile',
  'AWS::Backup::BackupVault',
  'AWS::DynamoDB::GlobalTable',
  'AWS::DynamoDB::Table',
  'AWS::ECR::Repository',
  'AWS::ElastiCache::ReplicationGroup',
  'AWS::ElastiCache::ServerlessCache',
  'AWS::KMS::Key',
  'AWS::MSK::Cluster',
  'AWS::MSK::ServerlessCluster',
  'AWS::MSK::Topic',
  'AWS::RDS::DBCluster',
  'AWS::S3::Bucket',
  'AWS::SecretsManager::Secret',
]);

/**
 * CloudFormation deletes a resource whose logical id changes and creates another one. Entries may be added to this list.
 * A changed or removed entry needs a migration.
 */
const data = [
  'Data/AccessLogs',
  'Data/BusinessStateTable',
  'Data/ClientsTable',
  'Data/KeyPepper',
  'Data/MeteringLedgerTable',
  'Data/OriginSecret',
  'Data/PartnerProof',
  'Data/PolicyAuditTable',
  'Data/ShopImages',
  'Data/TablesKey',
  'Data/UsageTable',
  'Data/WebhookSecretStripe',
  'Edge/EdgeAccessLogs',
  'Key-us-east-1/CustomerManagedKey',
  'Key/CustomerManagedKey',
  'Policy/RuntimePolicyProfile',
];
/** Created if an environment does not name existing ones. */
const store = 'Data/LimitStore';
const events = [
  'Data/Events',
  'Data/EventsKey',
  'Data/TopicGatewayAccessLog',
  'Data/TopicInventoryUpdated',
  'Data/TopicOrdersConfirmed',
  'Data/TopicOrdersCreated',
  'Data/TopicOrdersFailed',
  'Data/TopicOrdersPaymentFailed',
  'Data/TopicOrdersPaymentSucceeded',
  'Data/TopicPaymentsWebhook',
];
const database = 'Data/Database';
const backups = 'Data/BackupVault';
const staticFiles = 'Edge/StaticFiles';

describe.each(environmentNames)('the data of %s', (name) => {
  const { environment, catalogue } = loadConfiguration(name);
  const databaseRoles = databaseServices(catalogue).map((service) => `Service-${service}/DatabaseRole`);
  // The keys of the alarm topics encrypt messages in transit only.
  const resources = resourcesOf(name).filter(
    ({ stack, id, resource }) =>
      dataTypes.has(resource['Type']) && stack !== 'Alerts' && !id.startsWith('AlarmTopicKey'),
  );

  test('has unchanged logical ids', () => {
    const expected = [
      ...data,
      ...(environment.limitStore.kind === 'serverless' ? [store] : []),
      ...(environment.events.kind === 'existing' ? [] : events),
      ...(environment.database.kind === 'aurora' ? [database, ...databaseRoles] : []),
      ...(environment.edge.static === undefined ? [] : [staticFiles]),
      ...(environment.data === 'retain' ? [backups] : []),
    ];
    expect(resources.map(({ stack, id }) => `${stack}/${id}`).sort()).toEqual(expected.sort());
    expect(synthesised(name).templates.Network.Resources['Vpc']?.['Type']).toBe('AWS::EC2::VPC');
  });

  test('is retained or deleted with its stack as the environment configures', () => {
    const [deletion, replacement] =
      environment.data === 'retain' ? ['RetainExceptOnCreate', 'Retain'] : ['Delete', 'Delete'];
    const others = resources.filter(
      ({ resource }) =>
        (resource['DeletionPolicy'] ?? 'Delete') !== deletion ||
        (resource['UpdateReplacePolicy'] ?? 'Delete') !== replacement,
    );
    expect(others.map(({ stack, id }) => `${stack}/${id}`)).toEqual([]);
  });

  test('is deleted if the first creation of its stack is rolled back', () => {
    const left = resourcesOf(name).filter(({ resource }) =>
      ['Retain', 'Snapshot'].includes(resource['DeletionPolicy']),
    );
    expect(left.map(({ stack, id }) => `${stack}/${id}`)).toEqual([]);
  });

  test('is in stacks with termination protection if the environment retains it', () => {
    const expected =
      environment.data === 'retain' ? ['Data', 'Key', 'Key-us-east-1', 'Network', 'Policy'] : [];
    expect(synthesised(name).protectedStacks).toEqual(expected);
  });

  test('can be deleted after a first deployment without deletion protection', { timeout: 60_000 }, () => {
    const { stacks } = stageOf(newApp(join(scratch, name)), name, { deletionProtection: false }).synth();
    expect(stacks.filter((stack) => stack.terminationProtection).map(({ id }) => id)).toEqual([]);
    const resources = stacks.flatMap((stack) => Object.values<Resource>(stack.template.Resources));
    expect(resources.filter(refusesDeletion)).toEqual([]);
    expect(resourcesOf(name).some(({ resource }) => refusesDeletion(resource))).toBe(
      environment.data === 'retain',
    );
  });
});

/** Whether deletion protection is on. The property differs between tables, user pools, databases and load balancers. */
function refusesDeletion({ Properties: properties = {} }: Resource): boolean {
  const {
    DeletionProtection,
    DeletionProtectionEnabled,
    Replicas = [],
    LoadBalancerAttributes = [],
  } = properties;
  return [
    DeletionProtection,
    DeletionProtectionEnabled,
    ...Replicas.map((replica: Resource) => replica['DeletionProtectionEnabled']),
    LoadBalancerAttributes.find(({ Key }: Resource) => Key === 'deletion_protection.enabled')?.Value,
  ].some((value) => [true, 'true', 'ACTIVE'].includes(value));
}
