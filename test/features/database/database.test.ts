import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import { Database } from '../../../lib/features/database/database.ts';
import { DatabaseUser } from '../../../lib/features/database/database-user.ts';
import type { GlobalDatabaseMembership } from '../../../lib/features/database/global-database.ts';
import { ServiceTask } from '../../../lib/features/services/service-task.ts';
import { all, newSecurityGroup, newStack, newVpc, only } from '../../support/test-stack.ts';

function synthesise(removalPolicy: RemovalPolicy, readers = 2) {
  const stack = newStack();
  const vpc = newVpc(stack);
  const securityGroup = newSecurityGroup(stack, vpc);
  const database = new Database(stack, 'Database', {
    name: 'gatehouse-x',
    vpc,
    securityGroup,
    minAcu: 0.5,
    maxAcu: 8,
    readers,
    removalPolicy,
    deletionProtection: removalPolicy === RemovalPolicy.RETAIN,
  });
  new ServiceTask(stack, 'Task', {
    image: ContainerImage.fromRegistry('store'),
    cpu: 256,
    memoryMiB: 512,
    port: 8080,
    environment: { ...database.environment },
    secrets: database.secrets,
    writableRoot: false,
    logRetention: RetentionDays.ONE_WEEK,
    removalPolicy,
  });
  return { stack, vpc, securityGroup, template: Template.fromStack(stack) };
}

describe('the database', () => {
  const { stack, vpc, securityGroup, template } = synthesise(RemovalPolicy.RETAIN);
  const cluster = only(template, 'AWS::RDS::DBCluster');

  test('is Aurora PostgreSQL Serverless v2 within the given capacity, a writer and readers', () => {
    expect(cluster['Properties']).toMatchObject({
      Engine: 'aurora-postgresql',
      DBClusterIdentifier: 'gatehouse-x',
      ServerlessV2ScalingConfiguration: { MinCapacity: 0.5, MaxCapacity: 8 },
      VpcSecurityGroupIds: [stack.resolve(securityGroup.securityGroupId)],
    });
    const instances = all(template, 'AWS::RDS::DBInstance').map(({ Properties }) => Properties);
    expect(instances.map(({ DBInstanceClass }) => DBInstanceClass)).toEqual([
      'db.serverless',
      'db.serverless',
      'db.serverless',
    ]);
    // The first tier follows the writer's capacity, and takes over first.
    expect(instances.map(({ PromotionTier }) => PromotionTier)).toEqual([0, 1, 1]);
    expect(instances.every(({ PubliclyAccessible }) => PubliclyAccessible !== true)).toBe(true);
    expect(only(template, 'AWS::RDS::DBSubnetGroup')['Properties'].SubnetIds).toEqual(
      vpc.isolatedSubnets.map((subnet) => stack.resolve(subnet.subnetId)),
    );
    expect(Object.keys(template.findResources('AWS::RDS::DBCluster'))).toEqual(['Database']);
  });

  test('requires TLS, is encrypted, and has no password in the template', () => {
    expect(only(template, 'AWS::RDS::DBClusterParameterGroup')['Properties'].Parameters).toMatchObject({
      'rds.force_ssl': '1',
    });
    expect(cluster['Properties']).toMatchObject({ StorageEncrypted: true, ManageMasterUserPassword: true });
    expect(cluster['Properties']).not.toHaveProperty('MasterUserPassword');
  });

  test('passes settings to a task, secret ones by reference', () => {
    const [container] = only(template, 'AWS::ECS::TaskDefinition')['Properties'].ContainerDefinitions;
    const endpoint = { 'Fn::GetAtt': ['Database', 'Endpoint.Address'] };
    expect(container.Environment).toEqual([
      { Name: 'DATABASE_HOST', Value: endpoint },
      { Name: 'DATABASE_PORT', Value: '5432' },
      { Name: 'DATABASE_NAME', Value: 'shop' },
    ]);
    const arn = { 'Fn::GetAtt': ['Database', 'MasterUserSecret.SecretArn'] };
    expect(container.Secrets).toEqual([
      { Name: 'DATABASE_USER', ValueFrom: { 'Fn::Join': ['', [arn, ':username::']] } },
      { Name: 'DATABASE_PASSWORD', ValueFrom: { 'Fn::Join': ['', [arn, ':password::']] } },
    ]);
    const statements = all(template, 'AWS::IAM::Policy').flatMap(
      ({ Properties }) => Properties.PolicyDocument.Statement as readonly { readonly Resource: unknown }[],
    );
    expect(statements).toContainEqual({
      Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
      Effect: 'Allow',
      Resource: arn,
    });
  });

  test('is retained if the environment keeps data, and deleted otherwise', () => {
    const kept = { DeletionProtection: true, BackupRetentionPeriod: 35 };
    expect(cluster).toMatchObject({ DeletionPolicy: 'Retain', Properties: kept });
    const passing = only(synthesise(RemovalPolicy.DESTROY, 0).template, 'AWS::RDS::DBCluster');
    expect(passing).toMatchObject({ DeletionPolicy: 'Delete', Properties: { BackupRetentionPeriod: 1 } });
    expect(passing['Properties'].DeletionProtection).not.toBe(true);
  });
});

describe('a cluster of a global database', () => {
  const member = (membership: (stack: Stack) => GlobalDatabaseMembership) => {
    const stack = newStack();
    const vpc = newVpc(stack);
    new Database(stack, 'Database', {
      name: 'gatehouse-x',
      vpc,
      securityGroup: newSecurityGroup(stack, vpc),
      minAcu: 0.5,
      maxAcu: 8,
      readers: 0,
      removalPolicy: RemovalPolicy.DESTROY,
      deletionProtection: false,
      global: membership(stack),
    });
    return Template.fromStack(stack);
  };
  const identifier = 'gatehouse-x-global';

  test('is created from the cluster of the first region, with a generated password by reference', () => {
    const template = member((stack) => ({
      role: 'primary',
      identifier,
      user: new DatabaseUser(stack, 'User', {
        name: 'x/database-user',
        removalPolicy: RemovalPolicy.DESTROY,
        replicaRegions: ['eu-central-1'],
      }).secret,
    }));
    const { Properties } = only(template, 'AWS::RDS::DBCluster');
    expect(Properties).toMatchObject({ MasterUsername: 'shop', DatabaseName: 'shop' });
    // On before, for a cluster that was alone: our password is taken with it off only.
    expect(Properties.ManageMasterUserPassword).toBe(false);
    expect(Properties.MasterUserPassword).toEqual({
      'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: 'DatabaseUser' }, ':SecretString:password::}}']],
    });
    expect(only(template, 'AWS::SecretsManager::Secret')['Properties']).toMatchObject({
      GenerateSecretString: { SecretStringTemplate: '{"username":"shop"}', PasswordLength: 40 },
      ReplicaRegions: [{ Region: 'eu-central-1' }],
    });
    const whole = only(template, 'AWS::RDS::GlobalCluster');
    expect(whole).toMatchObject({ DeletionPolicy: 'Delete', Properties: { DeletionProtection: false } });
    // They come from the cluster, and are refused beside it.
    for (const property of ['Engine', 'EngineVersion', 'StorageEncrypted']) {
      expect(whole['Properties']).not.toHaveProperty(property);
    }
  });

  test('has members in further regions without user, password and database name', () => {
    const template = member((stack) => ({
      role: 'secondary',
      identifier,
      firstRegion: 'eu-west-1',
      user: Secret.fromSecretCompleteArn(
        stack,
        'User',
        'arn:aws:secretsmanager:eu-central-1:111122223333:secret:x/database-user-AbCdEf',
      ),
    }));
    const { Properties } = only(template, 'AWS::RDS::DBCluster');
    expect(Properties).toMatchObject({ GlobalClusterIdentifier: identifier, SourceRegion: 'eu-west-1' });
    for (const property of [
      'MasterUsername',
      'MasterUserPassword',
      'ManageMasterUserPassword',
      'DatabaseName',
    ]) {
      expect(Properties).not.toHaveProperty(property);
    }
    expect(template.findResources('AWS::RDS::GlobalCluster')).toEqual({});
  });
});
