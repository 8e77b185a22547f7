import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { describe, expect, test } from 'vitest';
import {
  clusterEvents,
  type EventsAccess,
  existingEvents,
} from '../../../lib/features/events/events-access.ts';
import {
  KafkaEventSource,
  type KafkaEventSourceProps,
} from '../../../lib/features/events/kafka-event-source.ts';
import { ProvisionedBrokers } from '../../../lib/features/events/provisioned-brokers.ts';
import { ServerlessBrokers } from '../../../lib/features/events/serverless-brokers.ts';
import { GatewayFunction } from '../../../lib/features/functions/gateway-function.ts';
import { all, newSecurityGroup, newStack, newVpc, only } from '../../support/test-stack.ts';

const topics = {
  'orders.created': { partitions: 6, retentionHours: 168, cleanup: 'delete' },
  'prices.current': { partitions: 3, retentionHours: 24, cleanup: 'compact' },
} as const;
const kept = { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' };
const common = {
  name: 'gatehouse-x',
  topics,
  logRetention: RetentionDays.ONE_WEEK,
  removalPolicy: RemovalPolicy.RETAIN,
};
const code = () => Code.fromInline('exports.handler = () => {}');

function provisioned(storage?: { gb: number; maxGb: number }, zones = 3) {
  const stack = newStack();
  const vpc = newVpc(stack);
  const securityGroup = newSecurityGroup(stack, vpc);
  new ProvisionedBrokers(stack, 'Events', {
    ...common,
    vpc,
    zones,
    subnetType: SubnetType.PRIVATE_ISOLATED,
    securityGroup,
    brokerType: storage === undefined ? 'express.m7g.large' : 'kafka.m7g.large',
    brokers: zones,
    kafkaVersion: '3.9.x',
    ...(storage === undefined ? {} : { storage }),
  });
  return { stack, vpc, securityGroup, template: Template.fromStack(stack) };
}

describe('provisioned brokers', () => {
  test('are in three zones, with TLS and IAM only, encrypted with a customer managed key', () => {
    const { stack, vpc, securityGroup, template } = provisioned();
    const { Properties: cluster, ...policies } = only(template, 'AWS::MSK::Cluster');
    expect(cluster).toMatchObject({
      ClusterName: 'gatehouse-x',
      KafkaVersion: '3.9.x',
      NumberOfBrokerNodes: 3,
      BrokerNodeGroupInfo: {
        InstanceType: 'express.m7g.large',
        ClientSubnets: vpc.isolatedSubnets.map((subnet) => stack.resolve(subnet.subnetId)),
        SecurityGroups: [stack.resolve(securityGroup.securityGroupId)],
      },
      ClientAuthentication: {
        Sasl: { Iam: { Enabled: true }, Scram: { Enabled: false } },
        Tls: { Enabled: false },
        Unauthenticated: { Enabled: false },
      },
      EncryptionInfo: {
        EncryptionInTransit: { ClientBroker: 'TLS', InCluster: true },
        EncryptionAtRest: { DataVolumeKMSKeyId: { 'Fn::GetAtt': ['EventsKey', 'Arn'] } },
      },
      EnhancedMonitoring: 'DEFAULT',
    });
    expect(cluster.LoggingInfo.BrokerLogs.CloudWatchLogs.Enabled).toBe(true);
    expect(policies).toMatchObject(kept);
    expect(only(template, 'AWS::KMS::Key')['Properties'].EnableKeyRotation).toBe(true);
  });

  test('have retained topics with three replicas as resources', () => {
    const { template } = provisioned();
    expect(all(template, 'AWS::MSK::Topic')).toMatchObject([
      {
        ...kept,
        Properties: {
          ClusterArn: { 'Fn::GetAtt': ['Events', 'Arn'] },
          TopicName: 'orders.created',
          PartitionCount: 6,
          ReplicationFactor: 3,
          Configs: { 'Fn::Base64': '{"cleanup.policy":"delete","retention.ms":"604800000"}' },
        },
      },
      {
        Properties: {
          TopicName: 'prices.current',
          Configs: { 'Fn::Base64': '{"cleanup.policy":"compact","retention.ms":"86400000"}' },
        },
      },
    ]);
  });

  test.each([
    [2, 1],
    [3, 2],
  ])(
    'in %i zones have each topic in every zone, and accept writes while one zone is down',
    (zones, inSync) => {
      const { stack, vpc, template } = provisioned({ gb: 10, maxGb: 100 }, zones);
      const { NumberOfBrokerNodes, BrokerNodeGroupInfo } = only(template, 'AWS::MSK::Cluster')['Properties'];
      expect(NumberOfBrokerNodes).toBe(zones);
      expect(BrokerNodeGroupInfo.ClientSubnets).toEqual(
        vpc.isolatedSubnets.slice(0, zones).map((subnet) => stack.resolve(subnet.subnetId)),
      );
      for (const { Properties } of all(template, 'AWS::MSK::Topic')) {
        expect(Properties.ReplicationFactor).toBe(zones);
      }
      const { ServerProperties } = only(template, 'AWS::MSK::Configuration')['Properties'];
      expect(ServerProperties).toContain(`default.replication.factor=${zones}\n`);
      expect(ServerProperties).toContain(`min.insync.replicas=${inSync}\n`);
    },
  );

  test('of the Express kind have no volumes and no configuration', () => {
    const { template } = provisioned();
    expect(only(template, 'AWS::MSK::Cluster')['Properties'].BrokerNodeGroupInfo.StorageInfo).toBeUndefined();
    expect(all(template, 'AWS::MSK::Configuration')).toEqual([]);
    expect(all(template, 'AWS::ApplicationAutoScaling::ScalableTarget')).toEqual([]);
  });

  test('of the Standard kind lose no acknowledged write, and expand their volumes', () => {
    const { template } = provisioned({ gb: 10, maxGb: 100 });
    expect(only(template, 'AWS::MSK::Configuration')['Properties'].ServerProperties).toBe(
      'auto.create.topics.enable=false\ndefault.replication.factor=3\nmin.insync.replicas=2\nunclean.leader.election.enable=false\n',
    );
    expect(only(template, 'AWS::MSK::Cluster')['Properties'].BrokerNodeGroupInfo.StorageInfo).toEqual({
      EBSStorageInfo: { VolumeSize: 10 },
    });
    expect(only(template, 'AWS::ApplicationAutoScaling::ScalableTarget')['Properties']).toMatchObject({
      MaxCapacity: 100,
      ResourceId: { 'Fn::GetAtt': ['Events', 'Arn'] },
      ScalableDimension: 'kafka:broker-storage:VolumeSize',
      ServiceNamespace: 'kafka',
    });
    expect(
      only(template, 'AWS::ApplicationAutoScaling::ScalingPolicy')['Properties']
        .TargetTrackingScalingPolicyConfiguration,
    ).toMatchObject({ DisableScaleIn: true, TargetValue: 60 });
  });
});

describe('serverless brokers', () => {
  const stack = newStack();
  const vpc = newVpc(stack);
  const securityGroup = newSecurityGroup(stack, vpc);
  new ServerlessBrokers(stack, 'Events', {
    ...common,
    vpc,
    subnetType: SubnetType.PRIVATE_ISOLATED,
    securityGroup,
    topicsCode: code(),
    topicsSecurityGroup: securityGroup,
  });
  const template = Template.fromStack(stack);

  test('are in the isolated subnets, with IAM only', () => {
    expect(only(template, 'AWS::MSK::ServerlessCluster')).toEqual({
      Type: 'AWS::MSK::ServerlessCluster',
      Properties: {
        ClusterName: 'gatehouse-x',
        ClientAuthentication: { Sasl: { Iam: { Enabled: true } } },
        VpcConfigs: [
          {
            SubnetIds: vpc.isolatedSubnets.map((subnet) => stack.resolve(subnet.subnetId)),
            SecurityGroups: [stack.resolve(securityGroup.securityGroupId)],
          },
        ],
      },
      ...kept,
    });
  });

  test('get their topics from a function that may manage these only', () => {
    expect(only(template, 'Custom::EventTopics')['Properties']).toMatchObject({
      topics: {
        'orders.created': {
          partitions: 6,
          properties: { 'cleanup.policy': 'delete', 'retention.ms': '604800000' },
        },
        'prices.current': { partitions: 3 },
      },
      ServiceTimeout: '300',
    });
    const [, altered] = statements(template, 'kafka-cluster:CreateTopic');
    expect(altered).toBeUndefined();
    const [made] = statements(template, 'kafka-cluster:CreateTopic');
    expect(made?.Resource).toHaveLength(2);
    expect(JSON.stringify(made?.Resource)).not.toContain('*');
  });
});

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

/** Of all policies, those that allow an action. */
function statements(template: Template, action: string): Statement[] {
  return all(template, 'AWS::IAM::Policy')
    .flatMap((policy) => policy['Properties'].PolicyDocument.Statement as Statement[])
    .filter(({ Action }) => [Action].flat().includes(action));
}

const arn = 'arn:aws:kafka:eu-west-1:111122223333:cluster/gatehouse-x/abcd-1';

describe('access to events', () => {
  function granted(grant: (events: EventsAccess, role: Role) => void, url = `msk:${arn}`): Statement[] {
    const stack = newStack();
    const role = new Role(stack, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    grant(existingEvents(url), role);
    return all(Template.fromStack(stack), 'AWS::IAM::Policy').flatMap(
      (policy) => policy['Properties'].PolicyDocument.Statement as Statement[],
    );
  }

  test('allows a producer to write its topics only', () => {
    const policy = granted((events, role) => events.grantProduce(role, ['orders.created']));
    expect(policy.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['kafka-cluster:Connect', 'kafka-cluster:WriteDataIdempotently', 'kafka:GetBootstrapBrokers'], arn],
      [
        ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'],
        'arn:aws:kafka:eu-west-1:111122223333:topic/gatehouse-x/abcd-1/orders.created',
      ],
    ]);
  });

  test('allows a consumer to read its topics in its group', () => {
    const policy = granted((events, role) => events.grantConsume(role, ['a', 'b'], 'order'));
    expect(policy.map(({ Action, Resource }) => [Action, Resource])).toEqual([
      [['kafka-cluster:Connect', 'kafka:GetBootstrapBrokers'], arn],
      [
        ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'],
        ['a', 'b'].map((topic) => `arn:aws:kafka:eu-west-1:111122223333:topic/gatehouse-x/abcd-1/${topic}`),
      ],
      [
        ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'],
        'arn:aws:kafka:eu-west-1:111122223333:group/gatehouse-x/abcd-1/order',
      ],
    ]);
  });

  test('grants nothing without topics, and nothing for an existing log', () => {
    expect(granted((events, role) => events.grantProduce(role, []))).toEqual([]);
    const url = 'kafka://one:9092,two:9092';
    expect(granted((events, role) => events.grantConsume(role, ['a'], 'g'), url)).toEqual([]);
    expect(existingEvents(url).source).toEqual({ bootstrapServers: ['one:9092', 'two:9092'] });
    expect(existingEvents('file:x').source).toEqual({ bootstrapServers: ['file:x'] });
  });
});

describe('an event source', () => {
  function source(events: (stack: Stack) => EventsAccess, props: Partial<KafkaEventSourceProps> = {}) {
    const stack = newStack();
    const vpc = newVpc(stack);
    const consumer = new GatewayFunction(stack, 'Consumer', {
      description: 'Reads.',
      code: code(),
      environment: {},
      memoryMiB: 128,
      timeout: Duration.seconds(10),
      vpc,
      securityGroup: newSecurityGroup(stack, vpc),
      logRetention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new KafkaEventSource(stack, 'Source', {
      consumer,
      events: events(stack),
      topic: 'orders.created',
      groupPrefix: 'metrics',
      deadLetters: new Queue(stack, 'DeadLetters'),
      pollers: { min: 1, max: 1 },
      ...props,
    });
    return Template.fromStack(stack);
  }

  test('polls a topic of MSK for its group, splits failing batches and keeps final failures', () => {
    const template = source(() => clusterEvents(arn), {
      filters: [{ value: { type: ['orders.created'] } }],
      pollers: { min: 2, max: 8 },
    });
    const [queueId] = Object.keys(template.findResources('AWS::SQS::Queue'));
    const { FunctionName, ...mapping } = only(template, 'AWS::Lambda::EventSourceMapping')['Properties'];
    expect(JSON.stringify(FunctionName)).toMatch(/ConsumerLive.*:live/);
    expect(mapping).toEqual({
      EventSourceArn: arn,
      Topics: ['orders.created'],
      AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: 'metrics-orders.created' },
      StartingPosition: 'TRIM_HORIZON',
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      MaximumRetryAttempts: 5,
      MaximumRecordAgeInSeconds: 21_600,
      FilterCriteria: { Filters: [{ Pattern: '{"value":{"type":["orders.created"]}}' }] },
      DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queueId, 'Arn'] } } },
      ProvisionedPollerConfig: { MinimumPollers: 2, MaximumPollers: 8, PollerGroupName: 'gatehouse' },
    });
    expect(statements(template, 'sqs:SendMessage')).toHaveLength(1);
    expect(statements(template, 'kafka:DescribeClusterV2')).toMatchObject([{ Resource: arn }]);
    expect(statements(template, 'kafka-cluster:AlterGroup')).toHaveLength(1);
  });

  test('has no settings that on-demand pollers do not support', () => {
    const template = source(() => clusterEvents(arn), { pollers: 'on-demand' });
    const mapping = only(template, 'AWS::Lambda::EventSourceMapping')['Properties'] as object;
    expect(Object.keys(mapping).sort()).toEqual([
      'AmazonManagedKafkaEventSourceConfig',
      'BatchSize',
      'DestinationConfig',
      'EventSourceArn',
      'FunctionName',
      'MaximumBatchingWindowInSeconds',
      'StartingPosition',
      'Topics',
    ]);
  });

  test('of an existing log has its servers, and no MSK permissions', () => {
    const template = source(() => existingEvents('kafka://one:9092'));
    expect(only(template, 'AWS::Lambda::EventSourceMapping')['Properties']).toMatchObject({
      SelfManagedEventSource: { Endpoints: { KafkaBootstrapServers: ['one:9092'] } },
      SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: 'metrics-orders.created' },
    });
    expect(statements(template, 'kafka:DescribeClusterV2')).toEqual([]);
  });
});
