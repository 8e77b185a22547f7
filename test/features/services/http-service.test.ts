import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Cluster, ContainerImage, type ICluster, Secret } from 'aws-cdk-lib/aws-ecs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { Secret as StoredSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { NamespaceType } from 'aws-cdk-lib/aws-servicediscovery';
import { describe, expect, test } from 'vitest';
import { DecisionListener } from '../../../lib/features/services/decision-listener.ts';
import { HttpService, type HttpServiceProps } from '../../../lib/features/services/http-service.ts';
import { InternalLoadBalancer } from '../../../lib/features/services/internal-load-balancer.ts';
import type { ScalingSettings } from '../../../lib/features/services/service-scaling.ts';
import type { TargetSettings } from '../../../lib/features/services/service-targets.ts';
import { ServiceTask, type ServiceTaskProps } from '../../../lib/features/services/service-task.ts';
import { all, newSecurityGroup, newStack, newVpc, only } from '../../support/test-stack.ts';

const targets: TargetSettings = {
  port: 9000,
  balancing: 'round_robin',
  deregistrationDelaySeconds: 45,
  healthCheck: {
    path: '/well',
    matcher: '200,204',
    intervalSeconds: 20,
    timeoutSeconds: 4,
    healthyThreshold: 2,
    unhealthyThreshold: 4,
  },
};

const scaling: ScalingSettings = {
  tasks: { min: 3, max: 7 },
  cpuPercent: 61,
  memoryPercent: 71,
  requestsPerTargetPerMinute: 900,
  outCooldownSeconds: 50,
  inCooldownSeconds: 250,
  schedules: { sale: { cron: '0 6 27 11 ? 2026', timeZone: 'Europe/Dublin', factor: 2.5 } },
};

interface Changes {
  readonly targets?: Partial<TargetSettings>;
  readonly service?: Partial<HttpServiceProps>;
  readonly task?: Partial<ServiceTaskProps>;
  readonly deletionProtection?: boolean;
}

function synthesise(changes: Changes = {}) {
  const stack = newStack();
  const vpc = newVpc(stack);
  const securityGroup = newSecurityGroup(stack, vpc);
  const { loadBalancer } = new InternalLoadBalancer(stack, 'Front', {
    vpc,
    securityGroup,
    accessLogs: new Bucket(stack, 'AccessLogs') as IBucket,
    deletionProtection: changes.deletionProtection ?? true,
  });
  const task = new ServiceTask(stack, 'Task', {
    image: ContainerImage.fromRegistry('store'),
    cpu: 512,
    memoryMiB: 1024,
    port: 9000,
    environment: { ROLE: 'order' },
    secrets: {
      DATABASE_URL: Secret.fromSecretsManager(
        StoredSecret.fromSecretNameV2(stack, 'Url', 'gatehouse/test/orders'),
      ),
    },
    writableRoot: false,
    logRetention: RetentionDays.TWO_WEEKS,
    removalPolicy: RemovalPolicy.DESTROY,
    ...changes.task,
  });
  new HttpService(stack, 'Order', {
    cluster: new Cluster(stack, 'Cluster', {
      vpc,
      enableFargateCapacityProviders: true,
      defaultCloudMapNamespace: { name: 'test', type: NamespaceType.HTTP, useForServiceConnect: true },
    }) as ICluster,
    securityGroup,
    task,
    listenerPriority: 1_002,
    listener: new DecisionListener(stack, 'Decisions', { loadBalancer, partnerProof: 'proof' }),
    servesPartners: false,
    serviceName: 'order',
    cohort: 'stable',
    targets: { ...targets, ...changes.targets },
    scaling,
    deployment: { kind: 'rolling', bakeMinutes: 7 },
    callTimeoutSeconds: 4,
    spotPercent: 0,
    exec: false,
    ...changes.service,
  });
  return { stack, vpc, securityGroup, template: Template.fromStack(stack) };
}

const { stack, vpc, securityGroup, template } = synthesise();
const privateSubnets = vpc.privateSubnets.map((subnet) => stack.resolve(subnet.subnetId));
const group = stack.resolve(securityGroup.securityGroupId);

describe('the load balancer', () => {
  const attributes = (source: Template) =>
    only(source, 'AWS::ElasticLoadBalancingV2::LoadBalancer')['Properties'].LoadBalancerAttributes;

  test('is internal, in the private subnets and in the given security group only', () => {
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer')['Properties']).toMatchObject({
      Type: 'application',
      Scheme: 'internal',
      Subnets: privateSubnets,
      SecurityGroups: [group],
    });
  });

  test('drops invalid headers and logs every request', () => {
    expect(attributes(template)).toEqual(
      expect.arrayContaining([
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
        { Key: 'access_logs.s3.enabled', Value: 'true' },
        { Key: 'access_logs.s3.prefix', Value: 'load-balancer' },
      ]),
    );
  });

  test.each([true, false])('has deletion protection: %s', (protection) => {
    expect(attributes(synthesise({ deletionProtection: protection }).template)).toContainEqual({
      Key: 'deletion_protection.enabled',
      Value: `${protection}`,
    });
  });
});

describe('the task', () => {
  test('runs on Fargate with Graviton and the given size', () => {
    expect(only(template, 'AWS::ECS::TaskDefinition')['Properties']).toMatchObject({
      Cpu: '512',
      Memory: '1024',
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
  });

  test('runs one container with least privileges', () => {
    expect(only(template, 'AWS::ECS::TaskDefinition')['Properties']).toMatchObject({
      ContainerDefinitions: [
        {
          Name: 'service',
          Image: 'store',
          Environment: [{ Name: 'ROLE', Value: 'order' }],
          Secrets: [{ Name: 'DATABASE_URL', ValueFrom: expect.anything() }],
          PortMappings: [{ ContainerPort: 9000, Protocol: 'tcp', Name: 'http', AppProtocol: 'http' }],
          User: '1000:1000',
          ReadonlyRootFilesystem: true,
          LinuxParameters: { InitProcessEnabled: true, Capabilities: { Drop: ['ALL'] } },
          LogConfiguration: {
            LogDriver: 'awslogs',
            Options: { 'awslogs-stream-prefix': 'service', mode: 'non-blocking' },
          },
        },
      ],
    });
  });

  test('has a role without permissions', () => {
    const [roleId] = only(template, 'AWS::ECS::TaskDefinition')['Properties'].TaskRoleArn['Fn::GetAtt'];
    const policies = all(template, 'AWS::IAM::Policy');
    expect(policies).not.toEqual([]);
    expect(policies.flatMap((policy) => policy['Properties'].Roles)).not.toContainEqual({ Ref: roleId });
  });

  test('has the given log retention', () => {
    expect(only(template, 'AWS::Logs::LogGroup')).toMatchObject({
      Properties: { RetentionInDays: 14 },
      DeletionPolicy: 'Delete',
    });
  });
});

describe('the service', () => {
  test('runs in private subnets and the given security group only', () => {
    expect(only(template, 'AWS::ECS::Service')['Properties']).toMatchObject({
      LaunchType: 'FARGATE',
      EnableExecuteCommand: false,
      AvailabilityZoneRebalancing: 'ENABLED',
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          AssignPublicIp: 'DISABLED',
          Subnets: privateSubnets,
          SecurityGroups: [group],
        },
      },
    });
  });

  test('deploys without downtime, and rolls back a failed deployment', () => {
    expect(only(template, 'AWS::ECS::Service')['Properties']).toMatchObject({
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
        Strategy: 'ROLLING',
        BakeTimeInMinutes: 7,
      },
      HealthCheckGracePeriodSeconds: 60,
    });
  });

  test('has no desired count, because scaling sets it', () => {
    expect(only(template, 'AWS::ECS::Service')['Properties'].DesiredCount).toBeUndefined();
    expect(only(template, 'AWS::ApplicationAutoScaling::ScalableTarget')['Properties']).toMatchObject({
      MinCapacity: 3,
      MaxCapacity: 7,
    });
  });

  test.each([
    ['ECSServiceAverageCPUUtilization', 61],
    ['ECSServiceAverageMemoryUtilization', 71],
    ['ALBRequestCountPerTarget', 900],
  ])('scales on %s', (metric, target) => {
    const policies = all(template, 'AWS::ApplicationAutoScaling::ScalingPolicy').map(
      (policy) => policy['Properties'].TargetTrackingScalingPolicyConfiguration,
    );
    expect(policies).toContainEqual({
      PredefinedMetricSpecification: expect.objectContaining({ PredefinedMetricType: metric }),
      TargetValue: target,
      ScaleOutCooldown: 50,
      ScaleInCooldown: 250,
    });
  });
});

describe('the target group', () => {
  test('checks the health of the tasks by IP address', () => {
    expect(only(template, 'AWS::ElasticLoadBalancingV2::TargetGroup')['Properties']).toMatchObject({
      TargetType: 'ip',
      Protocol: 'HTTP',
      Port: 9000,
      HealthCheckPath: '/well',
      Matcher: { HttpCode: '200,204' },
      HealthCheckIntervalSeconds: 20,
      HealthCheckTimeoutSeconds: 4,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 4,
    });
  });

  test('contains the tasks of the service', () => {
    const [id] = Object.keys(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(only(template, 'AWS::ECS::Service')['Properties']).toMatchObject({
      LoadBalancers: [{ ContainerName: 'service', ContainerPort: 9000, TargetGroupArn: { Ref: id } }],
    });
    const actions = all(template, 'AWS::ElasticLoadBalancingV2::ListenerRule').flatMap(
      (rule) => rule['Properties'].Actions,
    );
    expect(actions).toContainEqual({ Type: 'forward', TargetGroupArn: { Ref: id } });
  });

  const attributes = (changes: Partial<TargetSettings>) =>
    only(synthesise({ targets: changes }).template, 'AWS::ElasticLoadBalancingV2::TargetGroup')['Properties']
      .TargetGroupAttributes;
  const anomalyMitigation = { Key: 'load_balancing.algorithm.anomaly_mitigation', Value: 'on' };

  test.each(['round_robin', 'least_outstanding_requests'] as const)('balances by %s', (balancing) => {
    const found = attributes({ balancing });
    expect(found).toContainEqual({ Key: 'load_balancing.algorithm.type', Value: balancing });
    expect(found).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '45' });
    expect(found).not.toContainEqual(anomalyMitigation);
  });

  test('balances at random with anomaly mitigation', () => {
    const found = attributes({ balancing: 'weighted_random' });
    expect(found).toContainEqual({ Key: 'load_balancing.algorithm.type', Value: 'weighted_random' });
    expect(found).toContainEqual(anomalyMitigation);
  });

  test('supports slow start and sticky sessions', () => {
    const found = attributes({ slowStartSeconds: 60, stickiness: { seconds: 3_600 } });
    expect(found).toEqual(
      expect.arrayContaining([
        { Key: 'slow_start.duration_seconds', Value: '60' },
        { Key: 'stickiness.enabled', Value: 'true' },
        { Key: 'stickiness.type', Value: 'lb_cookie' },
        { Key: 'stickiness.lb_cookie.duration_seconds', Value: '3600' },
      ]),
    );
  });
});

describe('a deployment', () => {
  const service = (of: Template) => only(of, 'AWS::ECS::Service');
  const configuration = (of: Template) => service(of)['Properties'].DeploymentConfiguration;

  test('rolls back by an alarm that exists before the service', () => {
    const [alarmId] = Object.keys(template.findResources('AWS::CloudWatch::Alarm'));
    expect(configuration(template).Alarms).toEqual({
      AlarmNames: ['gatehouse-test-ServiceServerErrors-order'],
      Enable: true,
      Rollback: true,
    });
    expect(only(template, 'AWS::CloudWatch::Alarm')['Properties'].AlarmName).toBe(
      'gatehouse-test-ServiceServerErrors-order',
    );
    expect(service(template)['DependsOn']).toContain(alarmId);
  });

  test.each([
    [
      { kind: 'canary', stepPercent: 5, stepBakeMinutes: 15, bakeMinutes: 20 } as const,
      {
        Strategy: 'CANARY',
        BakeTimeInMinutes: 20,
        CanaryConfiguration: { CanaryPercent: 5, CanaryBakeTimeInMinutes: 15 },
      },
    ],
    [{ kind: 'blueGreen', bakeMinutes: 30 } as const, { Strategy: 'BLUE_GREEN', BakeTimeInMinutes: 30 }],
  ])('of kind $kind shifts traffic between two target groups', (deployment, expected) => {
    const { template: moved } = synthesise({ service: { deployment } });
    expect(configuration(moved)).toMatchObject(expected);
    expect(configuration(moved).DeploymentCircuitBreaker).toBeUndefined();

    const groups = Object.keys(moved.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(groups).toHaveLength(2);
    const [[ruleId, rule] = ['', undefined]] = Object.entries(
      moved.findResources('AWS::ElasticLoadBalancingV2::ListenerRule'),
    ).filter(([, { Properties }]) => Properties.Actions[0].Type === 'forward');
    const weights = rule?.['Properties'].Actions[0].ForwardConfig.TargetGroups.map(
      ({ TargetGroupArn, Weight }: { TargetGroupArn: { Ref: string }; Weight: number }) => ({
        group: TargetGroupArn.Ref,
        weight: Weight,
      }),
    );
    const [first, second] = weights;
    expect([first.weight, second.weight]).toEqual([100, 0]);
    expect(service(moved)['Properties'].LoadBalancers).toMatchObject([
      {
        TargetGroupArn: { Ref: first.group },
        AdvancedConfiguration: {
          AlternateTargetGroupArn: { Ref: second.group },
          ProductionListenerRule: { Ref: ruleId },
        },
      },
    ]);
    // The metric of requests knows one group, and the calls are in the other half of the time.
    expect(all(moved, 'AWS::ApplicationAutoScaling::ScalingPolicy')).toHaveLength(2);
  });
});

describe('the canary deployment', () => {
  const { template: canary } = synthesise({ service: { cohort: 'canary' } });
  const forward = all(canary, 'AWS::ElasticLoadBalancingV2::ListenerRule').find(
    ({ Properties }) => Properties.Actions[0].Type === 'forward',
  );
  const stable = all(template, 'AWS::ElasticLoadBalancingV2::ListenerRule').find(
    ({ Properties }) => Properties.Actions[0].Type === 'forward',
  );

  test('has the rule of its cohort directly before the stable rule', () => {
    expect(forward?.['Properties'].Conditions.at(-1)).toEqual({
      Field: 'http-header',
      HttpHeaderConfig: { HttpHeaderName: 'x-gw-cohort', Values: ['canary'] },
    });
    expect(forward?.['Properties'].Priority).toBe(stable?.['Properties'].Priority - 1);
  });

  test('is not registered under the name of the service', () => {
    const connect = (of: Template) => only(of, 'AWS::ECS::Service')['Properties'].ServiceConnectConfiguration;
    expect(connect(template)).toMatchObject({
      Enabled: true,
      Services: [
        {
          PortName: 'http',
          DiscoveryName: 'order',
          ClientAliases: [{ DnsName: 'order', Port: 9000 }],
          Timeout: { PerRequestTimeoutSeconds: 4, IdleTimeoutSeconds: 300 },
        },
      ],
    });
    expect(connect(canary).Enabled).toBe(true);
    expect(connect(canary).Services ?? []).toEqual([]);
  });
});

describe('options of an environment', () => {
  test('raises the minimum number of tasks', () => {
    const [action] = only(template, 'AWS::ApplicationAutoScaling::ScalableTarget')['Properties']
      .ScheduledActions;
    expect(action).toMatchObject({
      Schedule: 'cron(0 6 27 11 ? 2026)',
      Timezone: 'Europe/Dublin',
      ScalableTargetAction: { MinCapacity: 8, MaxCapacity: 8 },
    });
  });

  test.each([
    [100, [{ CapacityProvider: 'FARGATE_SPOT', Weight: 100 }]],
    [
      40,
      [
        { CapacityProvider: 'FARGATE_SPOT', Weight: 40 },
        { CapacityProvider: 'FARGATE', Weight: 60 },
      ],
    ],
  ])('uses %s percent Fargate Spot', (spotPercent, strategy) => {
    const properties = only(synthesise({ service: { spotPercent } }).template, 'AWS::ECS::Service')[
      'Properties'
    ];
    expect(properties.CapacityProviderStrategy).toEqual(strategy);
    expect(properties.LaunchType).toBeUndefined();
  });

  test('runs a collector with its share of the task', () => {
    const { template: observed } = synthesise({
      task: {
        collector: {
          image: `collector:v1.2.3@sha256:${'a'.repeat(64)}`,
          cpu: 32,
          memoryMiB: 128,
          sampledPercent: 5,
        },
      },
    });
    const definition = only(observed, 'AWS::ECS::TaskDefinition')['Properties'];
    expect([definition.Cpu, definition.Memory]).toEqual(['512', '1024']);
    const [service, collector] = definition.ContainerDefinitions;
    expect([service.Cpu, service.Memory, collector.Cpu, collector.Memory]).toEqual([480, 896, 32, 128]);
    expect(collector).toMatchObject({
      Image: `collector:v1.2.3@sha256:${'a'.repeat(64)}`,
      Essential: false,
      ReadonlyRootFilesystem: true,
    });
    expect(service.Environment).toEqual(
      expect.arrayContaining([
        { Name: 'OTEL_EXPORTER_OTLP_ENDPOINT', Value: 'http://127.0.0.1:4318' },
        { Name: 'OTEL_TRACES_SAMPLER', Value: 'parentbased_traceidratio' },
        { Name: 'OTEL_TRACES_SAMPLER_ARG', Value: '0.05' },
      ]),
    );
  });

  test('enables ECS Exec, which needs a writable root', () => {
    const { template: open } = synthesise({ task: { writableRoot: true }, service: { exec: true } });
    expect(only(open, 'AWS::ECS::Service')['Properties'].EnableExecuteCommand).toBe(true);
    expect(
      only(open, 'AWS::ECS::TaskDefinition')['Properties'].ContainerDefinitions[0].ReadonlyRootFilesystem,
    ).toBe(false);
  });
});
