import { describe, expect, test } from 'vitest';
import { loadConfiguration } from '../lib/config/index.ts';
import { environmentNames, resourcesOf, synthesised } from './synth.ts';

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
  'Data/PolicyAuditTable',
  'Data/StoreImages',
  'Data/TablesKey',
  'Data/UsageTable',
  'Data/WebhookSecretStripe',
  'Edge/EdgeAccessLogs',
  'Key-us-east-1/OwnKey',
  'Key/OwnKey',
  'Policy/RuntimePolicyProfile',
];
/** Made where an environment does not bring its own. */
const store = 'Data/Store';
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
      ...(environment.store.kind === 'serverless' ? [store] : []),
      ...(environment.events.kind === 'existing' ? [] : events),
      ...(environment.database.kind === 'aurora' ? [database, ...databaseRoles] : []),
      ...(environment.edge.static === undefined ? [] : [staticFiles]),
      ...(environment.data === 'retain' ? [backups] : []),
    ];
    expect(resources.map(({ stack, id }) => `${stack}/${id}`).sort()).toEqual(expected.sort());
    expect(synthesised(name).templates.Network.Resources['Vpc']?.['Type']).toBe('AWS::EC2::VPC');
  });

  test('stays or goes with its stack, as the environment says', () => {
    const policy = environment.data === 'retain' ? /^Retain/ : /^Delete$/;
    const others = resources.filter(
      ({ resource }) =>
        !policy.test(resource['DeletionPolicy'] ?? 'Delete') ||
        !policy.test(resource['UpdateReplacePolicy'] ?? 'Delete'),
    );
    expect(others.map(({ stack, id }) => `${stack}/${id}`)).toEqual([]);
  });

  test('is in stacks that refuse to be deleted, where the environment keeps it', () => {
    const expected =
      environment.data === 'retain' ? ['Data', 'Key', 'Key-us-east-1', 'Network', 'Policy'] : [];
    expect(synthesised(name).protectedStacks).toEqual(expected);
  });
});
