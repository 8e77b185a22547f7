import { setTimeout as sleep } from 'node:timers/promises';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  accessStringOf,
  type LimitStoreUser,
  limitStoreUserNames,
} from '../../../lib/features/limit-store/limit-store-permissions.ts';
import { ValkeyCache } from '../../../lib/features/limit-store/valkey-cache.ts';
import { ValkeyNodes } from '../../../lib/features/limit-store/valkey-nodes.ts';
import { takeScript } from '../../../runtime/limit-store/limit-script.ts';
import { decodeReply, encodeCall } from '../../../runtime/limit-store/limit-script-wire.ts';
import type { Check } from '../../../runtime/limit-store/limit-store.ts';
import { canSpawnRedis, spawnNote, spawnRedis } from '../../../runtime/limit-store/testing/redis-server.ts';
import { openConnection } from '../../../runtime/limit-store/valkey-connection.ts';
import { newSecurityGroup, newStack, newVpc, only } from '../../support/test-stack.ts';

function synthesise() {
  const stack = newStack();
  const vpc = newVpc(stack);
  const securityGroup = newSecurityGroup(stack, vpc);
  const cache = new ValkeyCache(stack, 'Cache', {
    name: 'gatehouse-x',
    vpc,
    securityGroup,
    maxStorageGb: 3,
    maxEcpuPerSecond: 2_000,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const login = cache.loginAs('auth');
  login.grantConnect(role);
  return { stack, vpc, securityGroup, login, template: Template.fromStack(stack) };
}

describe('the Valkey cache', () => {
  const { stack, vpc, securityGroup, login, template } = synthesise();
  const userIdOf = (user: string) => idOf(template, user);
  const [groupId] = Object.keys(template.findResources('AWS::ElastiCache::UserGroup'));

  test('is serverless Valkey in the isolated subnets, within the given limits', () => {
    expect(template.findResources('AWS::ElastiCache::ServerlessCache')).toMatchObject({
      LimitStore: {
        Properties: {
          Engine: 'valkey',
          MajorEngineVersion: '8',
          ServerlessCacheName: 'gatehouse-x',
          CacheUsageLimits: {
            DataStorage: { Maximum: 3, Unit: 'GB' },
            ECPUPerSecond: { Maximum: 2_000 },
          },
          SecurityGroupIds: [stack.resolve(securityGroup.securityGroupId)],
          SubnetIds: vpc.isolatedSubnets.map((subnet) => stack.resolve(subnet.subnetId)),
          UserGroupId: { Ref: groupId },
        },
        DeletionPolicy: 'Retain',
      },
    });
  });

  test('has a user per function and service, with IAM authentication and equal id and name', () => {
    expect(only(template, 'AWS::ElastiCache::UserGroup')['Properties']).toMatchObject({
      Engine: 'valkey',
      UserIds: limitStoreUserNames.map((user) => ({ Ref: userIdOf(user) })),
    });
    for (const user of limitStoreUserNames) {
      expect(template.findResources('AWS::ElastiCache::User')[userIdOf(user)]?.['Properties']).toMatchObject({
        Engine: 'valkey',
        UserId: `gatehouse-x-${user}`,
        UserName: `gatehouse-x-${user}`,
        AuthenticationMode: { Type: 'iam' },
      });
    }
  });

  test('has a URL with TLS and cluster mode', () => {
    const endpoint = (part: string) => ({ 'Fn::GetAtt': ['LimitStore', `Endpoint.${part}`] });
    expect(stack.resolve(login.environment)).toEqual({
      LIMIT_STORE_URL: { 'Fn::Join': ['', ['rediss://', endpoint('Address'), ':', endpoint('Port')]] },
      LIMIT_STORE_TOPOLOGY: 'cluster',
      LIMIT_STORE_USER: 'gatehouse-x-auth',
      LIMIT_STORE_CACHE_NAME: 'gatehouse-x',
      LIMIT_STORE_CACHE_KIND: 'serverless',
    });
  });

  test('grants the connection to this cache as this user only', () => {
    expect(only(template, 'AWS::IAM::Policy')['Properties']).toMatchObject({
      PolicyDocument: {
        Statement: [
          {
            Action: 'elasticache:Connect',
            Effect: 'Allow',
            Resource: [{ 'Fn::GetAtt': [userIdOf('auth'), 'Arn'] }, { 'Fn::GetAtt': ['LimitStore', 'ARN'] }],
          },
        ],
      },
    });
  });
});

describe('Valkey on nodes', () => {
  const stack = newStack();
  const vpc = newVpc(stack);
  const nodes = new ValkeyNodes(stack, 'Cache', {
    name: 'gatehouse-x',
    vpc,
    securityGroup: newSecurityGroup(stack, vpc),
    nodeType: 'cache.r7g.large',
    shards: 3,
    replicasPerShard: 2,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
  const login = nodes.loginAs('inventory');
  login.grantConnect(role);
  const template = Template.fromStack(stack);

  test('is a cluster over several zones, encrypted in transit and at rest, with online scaling', () => {
    expect(template.findResources('AWS::ElastiCache::ReplicationGroup')).toMatchObject({
      LimitStore: {
        Properties: {
          Engine: 'valkey',
          CacheParameterGroupName: 'default.valkey8.cluster.on',
          NumNodeGroups: 3,
          ReplicasPerNodeGroup: 2,
          AutomaticFailoverEnabled: true,
          MultiAZEnabled: true,
          TransitEncryptionEnabled: true,
          TransitEncryptionMode: 'required',
          AtRestEncryptionEnabled: true,
          SnapshotRetentionLimit: 7,
        },
        UpdatePolicy: { UseOnlineResharding: true },
        DeletionPolicy: 'Retain',
      },
    });
  });

  test('has the same users, who sign with the name of the replication group', () => {
    expect(stack.resolve(login.environment)).toMatchObject({
      LIMIT_STORE_URL: {
        'Fn::Join': [
          '',
          [
            'rediss://',
            { 'Fn::GetAtt': ['LimitStore', 'ConfigurationEndPoint.Address'] },
            ':',
            { 'Fn::GetAtt': ['LimitStore', 'ConfigurationEndPoint.Port'] },
          ],
        ],
      },
      LIMIT_STORE_USER: 'gatehouse-x-inventory',
      LIMIT_STORE_CACHE_KIND: 'nodes',
    });
    const [statement] = only(template, 'AWS::IAM::Policy')['Properties'].PolicyDocument.Statement;
    expect(statement.Action).toBe('elasticache:Connect');
    expect(JSON.stringify(statement.Resource)).toContain(':replicationgroup:gatehouse-x');
  });
});

/** A server with all users of the store, by their access strings; each one's password is its name. */
describe.skipIf(!canSpawnRedis)(`the access of the store's users${spawnNote}`, () => {
  let server: Awaited<ReturnType<typeof spawnRedis>>;
  const credentialsOf = (user: LimitStoreUser) => ({ username: user, password: user });
  const connect = (user: LimitStoreUser) =>
    openConnection(
      { url: server.url, topology: 'cluster', credentials: () => credentialsOf(user) },
      () => undefined,
    );

  beforeAll(async () => {
    server = await spawnRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const admin = new Redis(server.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    for (const user of limitStoreUserNames)
      await admin.call('ACL', 'SETUSER', user, `>${user}`, ...accessStringOf(user).split(' '));
    // A new cluster takes a moment to find that its slots are complete.
    while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await sleep(50);
    admin.disconnect();
  });
  afterAll(() => server.close());

  const rate = { kind: 'rate', name: 'r', requests: 10, periodSeconds: 60, burst: 5, cost: 1 } as const;
  const quota = { kind: 'quota', name: 'q', startDay: 1, perMonth: 100, cost: 1 } as const;

  test('is sufficient for the limits of a call in the cluster', async () => {
    const checks: readonly Check[] = [rate, quota];
    const { keys, args } = encodeCall({ caller: 'user:alice', checks });
    const connection = await connect('auth');
    const answer = decodeReply(await connection.eval(takeScript.source, keys, args), checks.length);
    connection.close();
    expect(answer).toMatchObject({ admitted: true, states: [{ remaining: 4 }, { remaining: 99 }] });
  });

  test.each(limitStoreUserNames)('allows %s the keys of its scripts only', async (user) => {
    const own = {
      auth: 'gh:{user:alice}:rate:r',
      revocation: 'gh:{user:alice}:revoked:all',
      metering: 'gh:{user:alice}:quota:month',
      aggregation: 'gh:{part:1}:text',
      webhooks: 'gh:{webhook:1}:lease',
      inventory: 'gh:{stock:a-copy}:hold:1',
    }[user];
    const writes = "redis.call('SET', KEYS[1], ARGV[1], 'PX', 1000) return redis.call('TIME')[1]";
    const connection = await connect(user);
    expect(await connection.eval(writes, [own], ['1'])).toMatch(/^\d+$/);
    await expect(connection.eval(writes, ['gh:{other}:things'], ['1'])).rejects.toThrow(/permission|NOPERM/);
    connection.close();
  });

  test.each([
    'FLUSHALL',
    'KEYS *',
    'CONFIG GET *',
    'ACL LIST',
    'CLIENT LIST',
    'MONITOR',
    'CLUSTER RESET',
    'GET x',
  ])('refuses %s', async (line) => {
    const [command = '', ...args] = line.split(' ');
    const client = new Redis(server.url, { ...credentialsOf('auth'), enableReadyCheck: false });
    await expect(client.call(command, ...args)).rejects.toThrow(/NOPERM/);
    client.disconnect();
  });
});

function idOf(template: Template, user: string): string {
  const found = Object.entries(template.findResources('AWS::ElastiCache::User')).find(
    ([, { Properties }]) => Properties.UserId === `gatehouse-x-${user}`,
  );
  if (found === undefined) throw new Error(`User ${user} not found.`);
  return found[0];
}
