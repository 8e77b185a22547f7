import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Cluster, ContainerImage, type ICluster } from 'aws-cdk-lib/aws-ecs';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Bucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, it } from 'vitest';
import { DecisionListener } from '../../lib/constructs/decision-listener.ts';
import { HttpService, type HttpServiceSettings } from '../../lib/constructs/http-service.ts';
import { InternalLoadBalancer } from '../../lib/constructs/internal-load-balancer.ts';
import { ServiceTask } from '../../lib/constructs/service-task.ts';
import { all, newSecurityGroup, newStack, newVpc, only } from './stack.ts';

const settings: HttpServiceSettings = {
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
  scaling: {
    cpuPercent: 61,
    memoryPercent: 71,
    requestsPerTargetPerMinute: 900,
    outCooldownSeconds: 50,
    inCooldownSeconds: 250,
  },
};

function synthesise(changes: Partial<HttpServiceSettings> = {}, deletionProtection = true) {
  const stack = newStack();
  const vpc = newVpc(stack);
  const securityGroup = newSecurityGroup(stack, vpc);
  const { loadBalancer } = new InternalLoadBalancer(stack, 'Front', {
    vpc,
    securityGroup,
    accessLogs: new Bucket(stack, 'AccessLogs') as IBucket,
    deletionProtection,
  });
  const task = new ServiceTask(stack, 'Task', {
    image: ContainerImage.fromRegistry('store'),
    cpu: 512,
    memoryMiB: 1024,
    port: 9000,
    environment: { ROLE: 'order' },
    logRetention: RetentionDays.TWO_WEEKS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new HttpService(stack, 'Order', {
    cluster: new Cluster(stack, 'Cluster', { vpc }) as ICluster,
    securityGroup,
    taskDefinition: task.definition,
    listener: new DecisionListener(stack, 'Decisions', {
      loadBalancer,
    }),
    serviceName: 'order',
    settings: { ...settings, ...changes },
    tasks: { min: 3, max: 7 },
  });
  return { stack, vpc, securityGroup, template: Template.fromStack(stack) };
}

const { stack, vpc, securityGroup, template } = synthesise();
const privateSubnets = vpc.privateSubnets.map((subnet) => stack.resolve(subnet.subnetId));
const group = stack.resolve(securityGroup.securityGroupId);

describe('the load balancer', () => {
  const attributes = (source: Template) =>
    only(source, 'AWS::ElasticLoadBalancingV2::LoadBalancer')['Properties'].LoadBalancerAttributes;

  it('is internal, in the private subnets and in the given group alone', () => {
    expect(only(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer')['Properties']).toMatchObject({
      Type: 'application',
      Scheme: 'internal',
      Subnets: privateSubnets,
      SecurityGroups: [group],
    });
  });

  it('drops what it cannot read and logs every request', () => {
    expect(attributes(template)).toEqual(
      expect.arrayContaining([
        { Key: 'routing.http.drop_invalid_header_fields.enabled', Value: 'true' },
        { Key: 'access_logs.s3.enabled', Value: 'true' },
        { Key: 'access_logs.s3.prefix', Value: 'load-balancer' },
      ]),
    );
  });

  it.each([true, false])('is protected from deletion where asked for: %s', (protection) => {
    expect(attributes(synthesise({}, protection).template)).toContainEqual({
      Key: 'deletion_protection.enabled',
      Value: `${protection}`,
    });
  });
});

describe('the task', () => {
  it('is Fargate on Graviton of the given size', () => {
    expect(only(template, 'AWS::ECS::TaskDefinition')['Properties']).toMatchObject({
      Cpu: '512',
      Memory: '1024',
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
    });
  });

  it('runs one container that may do nothing but serve', () => {
    expect(only(template, 'AWS::ECS::TaskDefinition')['Properties']).toMatchObject({
      ContainerDefinitions: [
        {
          Name: 'service',
          Image: 'store',
          Environment: [{ Name: 'ROLE', Value: 'order' }],
          PortMappings: [{ ContainerPort: 9000, Protocol: 'tcp' }],
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

  it('has a role without permissions', () => {
    const [roleId] = only(template, 'AWS::ECS::TaskDefinition')['Properties'].TaskRoleArn['Fn::GetAtt'];
    const policies = all(template, 'AWS::IAM::Policy');
    expect(policies).not.toEqual([]);
    expect(policies.flatMap((policy) => policy['Properties'].Roles)).not.toContainEqual({ Ref: roleId });
  });

  it('keeps its log for the given time', () => {
    expect(only(template, 'AWS::Logs::LogGroup')).toMatchObject({
      Properties: { RetentionInDays: 14 },
      DeletionPolicy: 'Delete',
    });
  });
});

describe('the service', () => {
  it('runs privately, in the given group alone', () => {
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

  it('is replaced without a gap, and rolled back where that fails', () => {
    expect(only(template, 'AWS::ECS::Service')['Properties']).toMatchObject({
      DeploymentConfiguration: {
        DeploymentCircuitBreaker: { Enable: true, Rollback: true },
        MinimumHealthyPercent: 100,
        MaximumPercent: 200,
      },
      HealthCheckGracePeriodSeconds: 60,
    });
  });

  it('leaves its size to scaling', () => {
    expect(only(template, 'AWS::ECS::Service')['Properties'].DesiredCount).toBeUndefined();
    expect(only(template, 'AWS::ApplicationAutoScaling::ScalableTarget')['Properties']).toMatchObject({
      MinCapacity: 3,
      MaxCapacity: 7,
    });
  });

  it.each([
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
  it('checks the health of the tasks by address', () => {
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

  it('holds the tasks of the service', () => {
    const [id] = Object.keys(template.findResources('AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(only(template, 'AWS::ECS::Service')['Properties']).toMatchObject({
      LoadBalancers: [{ ContainerName: 'service', ContainerPort: 9000, TargetGroupArn: { Ref: id } }],
    });
    const actions = all(template, 'AWS::ElasticLoadBalancingV2::ListenerRule').flatMap(
      (rule) => rule['Properties'].Actions,
    );
    expect(actions).toContainEqual({ Type: 'forward', TargetGroupArn: { Ref: id } });
  });

  const attributes = (changes: Partial<HttpServiceSettings>) =>
    only(synthesise(changes).template, 'AWS::ElasticLoadBalancingV2::TargetGroup')['Properties']
      .TargetGroupAttributes;
  const anomalyMitigation = { Key: 'load_balancing.algorithm.anomaly_mitigation', Value: 'on' };

  it.each(['round_robin', 'least_outstanding_requests'] as const)('balances by %s', (balancing) => {
    const found = attributes({ balancing });
    expect(found).toContainEqual({ Key: 'load_balancing.algorithm.type', Value: balancing });
    expect(found).toContainEqual({ Key: 'deregistration_delay.timeout_seconds', Value: '45' });
    expect(found).not.toContainEqual(anomalyMitigation);
  });

  it('balances at random with anomaly mitigation', () => {
    const found = attributes({ balancing: 'weighted_random' });
    expect(found).toContainEqual({ Key: 'load_balancing.algorithm.type', Value: 'weighted_random' });
    expect(found).toContainEqual(anomalyMitigation);
  });
});
