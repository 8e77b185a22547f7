import { setTimeout as sleep } from 'node:timers/promises';
import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Redis } from 'iovalkey';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canSpawnRedis, spawnNote, spawnRedis } from '../../lambda/shared/store/redis-for-tests.ts';
import { takeScript } from '../../lambda/shared/store/script.ts';
import { openConnection } from '../../lambda/shared/store/valkey-connection.ts';
import { decodeReply, encodeCall } from '../../lambda/shared/store/wire.ts';
import { ValkeyCache } from '../../lib/constructs/valkey-cache.ts';
import { newSecurityGroup, newStack, newVpc, only } from './stack.ts';

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
  cache.grantConnect(role);
  return { stack, vpc, securityGroup, cache, template: Template.fromStack(stack) };
}

describe('the Valkey cache', () => {
  const { stack, vpc, securityGroup, cache, template } = synthesise();
  const [userId] = Object.keys(template.findResources('AWS::ElastiCache::User'));
  const [groupId] = Object.keys(template.findResources('AWS::ElastiCache::UserGroup'));

  it('is serverless Valkey in the isolated subnets, within the given limits', () => {
    expect(template.findResources('AWS::ElastiCache::ServerlessCache')).toMatchObject({
      Store: {
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

  it('knows one user, who authenticates by IAM under one id and name', () => {
    expect(only(template, 'AWS::ElastiCache::UserGroup')['Properties']).toMatchObject({
      Engine: 'valkey',
      UserIds: [{ Ref: userId }],
    });
    expect(only(template, 'AWS::ElastiCache::User')['Properties']).toMatchObject({
      Engine: 'valkey',
      UserId: 'gatehouse-x',
      UserName: 'gatehouse-x',
      AuthenticationMode: { Type: 'iam' },
    });
  });

  it('is reached by TLS in cluster mode', () => {
    expect(cache).toMatchObject({ topology: 'cluster', user: 'gatehouse-x', cacheName: 'gatehouse-x' });
    const endpoint = (part: string) => ({ 'Fn::GetAtt': ['Store', `Endpoint.${part}`] });
    expect(stack.resolve(cache.url)).toEqual({
      'Fn::Join': ['', ['rediss://', endpoint('Address'), ':', endpoint('Port')]],
    });
  });

  it('grants connecting to this cache as this user, and nothing else', () => {
    expect(only(template, 'AWS::IAM::Policy')['Properties']).toMatchObject({
      PolicyDocument: {
        Statement: [
          {
            Action: 'elasticache:Connect',
            Effect: 'Allow',
            Resource: [{ 'Fn::GetAtt': [userId, 'Arn'] }, { 'Fn::GetAtt': ['Store', 'ARN'] }],
          },
        ],
      },
    });
  });
});

describe.skipIf(!canSpawnRedis)(`the access of the cache's user${spawnNote}`, () => {
  const { template } = synthesise();
  const user = only(template, 'AWS::ElastiCache::User');
  const credentials = { username: 'gateway', password: 'secret' };
  let server: Awaited<ReturnType<typeof spawnRedis>>;

  beforeAll(async () => {
    server = await spawnRedis(['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1']);
    const admin = new Redis(server.url);
    await admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    const rules = user['Properties'].AccessString.split(' ');
    await admin.call('ACL', 'SETUSER', credentials.username, `>${credentials.password}`, ...rules);
    // A new cluster takes a moment to find that its slots are complete.
    while (!String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await sleep(50);
    admin.disconnect();
  });
  afterAll(() => server.close());

  it('suffices for the limits of a call, by way of the cluster', async () => {
    const connection = await openConnection(
      { url: server.url, topology: 'cluster', credentials: () => credentials },
      () => {},
    );
    const checks = [
      { kind: 'rate', name: 'r', requests: 10, periodSeconds: 60, burst: 5, cost: 1 },
      { kind: 'quota', name: 'q', perMonth: 100, cost: 1 },
    ] as const;
    const { keys, args } = encodeCall({ caller: 'alice', checks });
    const answer = decodeReply(await connection.eval(takeScript.source, keys, args), checks.length);
    connection.close();
    expect(answer).toMatchObject({ admitted: true, states: [{ remaining: 4 }, { remaining: 99 }] });
  });

  it.each(['FLUSHALL', 'KEYS *', 'CONFIG GET *', 'ACL LIST', 'CLIENT LIST', 'MONITOR', 'CLUSTER RESET'])(
    'refuses %s',
    async (line) => {
      const [command = '', ...args] = line.split(' ');
      const client = new Redis(server.url, credentials);
      await expect(client.call(command, ...args)).rejects.toThrow(/NOPERM/);
      client.disconnect();
    },
  );
});
