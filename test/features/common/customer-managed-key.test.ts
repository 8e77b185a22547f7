import { Aspects, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import type { EnvironmentName } from '../../../lib/config/index.ts';
import {
  CustomerManagedKey,
  CustomerManagedKeyAspect,
} from '../../../lib/features/common/customer-managed-key.ts';
import { Backups } from '../../../lib/features/database/backups.ts';
import { environmentNames, resourcesOf, synthesised } from '../../support/synth.ts';
import { all, newStack, only } from '../../support/test-stack.ts';

function keyed() {
  const stack = newStack();
  const { key } = new CustomerManagedKey(stack, 'CustomerManagedKey', {
    environmentName: 'test',
    removalPolicy: RemovalPolicy.RETAIN,
  });
  Aspects.of(stack).add(new CustomerManagedKeyAspect((region) => (region === 'eu-west-1' ? key : undefined)));
  return { stack, key };
}
const ownKey = { 'Fn::GetAtt': ['CustomerManagedKey', 'Arn'] };

test('rotates, has an alias, and is used through services by this account only', () => {
  const template = Template.fromStack(keyed().stack);
  const { EnableKeyRotation, KeyPolicy } = only(template, 'AWS::KMS::Key')['Properties'];
  expect(EnableKeyRotation).toBe(true);
  expect(only(template, 'AWS::KMS::Alias')['Properties'].AliasName).toBe('alias/gatehouse-test');
  const anybody = KeyPolicy.Statement.filter(
    (one: { Principal: { AWS?: unknown } }) => one.Principal.AWS === '*',
  );
  expect(anybody).toHaveLength(1);
  expect(anybody[0].Condition.StringEquals).toMatchObject({
    'kms:CallerAccount': { Ref: 'AWS::AccountId' },
    'kms:ViaService': expect.arrayContaining([
      { 'Fn::Join': ['', ['sqs.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] },
    ]),
  });
});

test('encrypts all resources, except those with another key', () => {
  const { stack } = keyed();
  new LogGroup(stack, 'Logs');
  new Secret(stack, 'Secret');
  new Topic(stack, 'Topic');
  new Topic(stack, 'Other', { masterKey: new Key(stack, 'OtherKey') });
  new Queue(stack, 'Queue', { encryption: QueueEncryption.SQS_MANAGED });
  const template = Template.fromStack(stack);
  expect(only(template, 'AWS::Logs::LogGroup')['Properties'].KmsKeyId).toEqual(ownKey);
  expect(only(template, 'AWS::SecretsManager::Secret')['Properties'].KmsKeyId).toEqual(ownKey);
  expect(only(template, 'AWS::SQS::Queue')['Properties']).toEqual({
    KmsMasterKeyId: ownKey,
    KmsDataKeyReusePeriodSeconds: 3_600,
  });
  const topicKeys = all(template, 'AWS::SNS::Topic').map((topic) => topic['Properties'].KmsMasterKeyId);
  expect(topicKeys).toEqual([ownKey, { 'Fn::GetAtt': [expect.stringContaining('OtherKey'), 'Arn'] }]);
});

test('encrypts resources of its region only', () => {
  const { stack } = keyed();
  const elsewhere = new Stack(stack.node.root, 'Elsewhere', { env: { region: 'us-east-1' } });
  new LogGroup(elsewhere, 'Logs');
  expect(only(Template.fromStack(elsewhere), 'AWS::Logs::LogGroup')['Properties'].KmsKeyId).toBeUndefined();
});

test('encrypts backups, which are locked for a week at least', () => {
  const { stack } = keyed();
  new Backups(stack, 'Backups', { name: 'test', resourceArns: ['arn:aws:dynamodb:eu-west-1:1:table/a'] });
  const template = Template.fromStack(stack);
  expect(only(template, 'AWS::Backup::BackupVault')).toMatchObject({
    Properties: { EncryptionKeyArn: ownKey, LockConfiguration: { MinRetentionDays: 7 } },
    DeletionPolicy: 'RetainExceptOnCreate',
  });
  const rules = only(template, 'AWS::Backup::BackupPlan')['Properties'].BackupPlan.BackupPlanRule;
  expect(
    rules.map(({ Lifecycle }: { Lifecycle: { DeleteAfterDays: number } }) => Lifecycle.DeleteAfterDays),
  ).toEqual([35, 365]);
  expect(only(template, 'AWS::Backup::BackupSelection')['Properties'].BackupSelection.Resources).toEqual([
    'arn:aws:dynamodb:eu-west-1:1:table/a',
  ]);
});

/** By type, the property that names the key. */
const keyProperties: Readonly<Record<string, string>> = {
  'AWS::Logs::LogGroup': 'KmsKeyId',
  'AWS::SQS::Queue': 'KmsMasterKeyId',
  'AWS::SNS::Topic': 'KmsMasterKeyId',
  'AWS::SecretsManager::Secret': 'KmsKeyId',
  'AWS::ElastiCache::ServerlessCache': 'KmsKeyId',
  'AWS::RDS::DBCluster': 'KmsKeyId',
  'AWS::ECR::Repository': 'EncryptionConfiguration',
  'AWS::Backup::BackupVault': 'EncryptionKeyArn',
};

test.each<EnvironmentName>([...environmentNames])(
  'has everything that %s keeps under a key of ours',
  (name) => {
    const without = resourcesOf(name)
      .filter(({ resource }) => resource['Type'] in keyProperties)
      .filter(({ resource }) => resource['Properties']?.[keyProperties[resource['Type']] ?? ''] === undefined)
      .map(({ stack, id }) => `${stack}/${id}`);
    expect(without).toEqual([]);
  },
);

test('backs up data that cannot be recreated, if the environment keeps data', () => {
  const selectionOf = (name: EnvironmentName) =>
    Object.values(synthesised(name).templates.Data.Resources).find(
      ({ Type }) => Type === 'AWS::Backup::BackupSelection',
    );
  expect(selectionOf('dev')).toBeUndefined();
  const resources = JSON.stringify(selectionOf('prod')?.['Properties'].BackupSelection.Resources);
  for (const id of ['ClientsTable', 'UsageTable', 'PolicyAuditTable', 'Database'])
    expect(resources).toContain(`"${id}"`);
});
