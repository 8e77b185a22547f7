import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../../lib/config/index.ts';
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

/** What loses data when CloudFormation replaces it. */
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
 * Another logical id is another resource to CloudFormation, and the end of the old one. An entry may join this list;
 * one that changes or leaves takes a migration.
 */
const databaseRoles = ['inventory', 'order', 'payment', 'product', 'review', 'user'].map(
  (service) => `Service-${service}/DatabaseRole`,
);

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
/** Made where an environment does not bring its own. */
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
  const { environment } = loadConfiguration(name);
  // Alarms pass under their topics' keys and do not stay there.
  const resources = resourcesOf(name).filter(
    ({ stack, id, resource }) =>
      dataTypes.has(resource['Type']) && stack !== 'Alerts' && !id.startsWith('AlarmTopicKey'),
  );

  test('has the logical ids that it always had', () => {
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

  test('stays or goes with its stack, as the environment says', () => {
    const [deletion, replacement] =
      environment.data === 'retain' ? ['RetainExceptOnCreate', 'Retain'] : ['Delete', 'Delete'];
    const others = resources.filter(
      ({ resource }) =>
        (resource['DeletionPolicy'] ?? 'Delete') !== deletion ||
        (resource['UpdateReplacePolicy'] ?? 'Delete') !== replacement,
    );
    expect(others.map(({ stack, id }) => `${stack}/${id}`)).toEqual([]);
  });

  test('leaves nothing behind when a first creation is rolled back', () => {
    const left = resourcesOf(name).filter(({ resource }) =>
      ['Retain', 'Snapshot'].includes(resource['DeletionPolicy']),
    );
    expect(left.map(({ stack, id }) => `${stack}/${id}`)).toEqual([]);
  });

  test('is in stacks that refuse to be deleted, where the environment keeps it', () => {
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

/** Tables, user pools, databases and load balancers each have a property of their own for it. */
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
