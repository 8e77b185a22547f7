import { Duration } from 'aws-cdk-lib';
import { type ISecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AvailabilityZoneRebalancing,
  FargateService,
  type ICluster,
  PropagatedTagSource,
  type TaskDefinition,
} from 'aws-cdk-lib/aws-ecs';
import {
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import type { DecisionListener } from './decision-listener.ts';

/** How a service takes its share of requests and grows with them. */
export interface HttpServiceSettings {
  readonly port: number;
  readonly balancing: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  readonly deregistrationDelaySeconds: number;
  readonly healthCheck: {
    readonly path: string;
    /** Status codes that are well: `200`, `200,204` or `200-299`. */
    readonly matcher: string;
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
  };
  readonly scaling: {
    readonly cpuPercent: number;
    readonly memoryPercent: number;
    readonly requestsPerTargetPerMinute: number;
    readonly outCooldownSeconds: number;
    readonly inCooldownSeconds: number;
  };
}

export interface HttpServiceProps {
  readonly cluster: ICluster;
  readonly securityGroup: ISecurityGroup;
  readonly taskDefinition: TaskDefinition;
  readonly listener: DecisionListener;
  /** The name by which a decision refers to the service. */
  readonly serviceName: string;
  readonly settings: HttpServiceSettings;
  /** Fewest and most tasks. */
  readonly tasks: { readonly min: number; readonly max: number };
}

/** One Fargate service behind the decision listener: rolling deployments that roll back, and scaling. */
export class HttpService extends Construct {
  readonly service: FargateService;
  readonly targetGroup: ApplicationTargetGroup;

  constructor(scope: Construct, id: string, props: HttpServiceProps) {
    super(scope, id);
    this.service = fargateService(this, props);
    this.targetGroup = targetGroup(this, props);
    this.service.attachToApplicationTargetGroup(this.targetGroup);
    props.listener.forward(props.serviceName, this.targetGroup);
    scale(this.service, this.targetGroup, props);
  }
}

function fargateService(scope: Construct, props: HttpServiceProps): FargateService {
  return new FargateService(scope, 'Service', {
    cluster: props.cluster,
    taskDefinition: props.taskDefinition,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    securityGroups: [props.securityGroup],
    assignPublicIp: false,
    // No desired count: scaling owns it, and a deployment would set it back.
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { enable: true, rollback: true },
    availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
    healthCheckGracePeriod: Duration.seconds(60),
    enableExecuteCommand: false,
    enableECSManagedTags: true,
    propagateTags: PropagatedTagSource.SERVICE,
  });
}

function targetGroup(scope: Construct, { cluster, settings }: HttpServiceProps): ApplicationTargetGroup {
  const { healthCheck } = settings;
  const weightedRandom = settings.balancing === 'weighted_random';
  return new ApplicationTargetGroup(scope, 'Targets', {
    vpc: cluster.vpc,
    targetType: TargetType.IP,
    protocol: ApplicationProtocol.HTTP,
    port: settings.port,
    loadBalancingAlgorithmType: algorithms[settings.balancing],
    // Sends fewer requests to a target that fails more than its peers; this algorithm only.
    ...(weightedRandom ? { enableAnomalyMitigation: true } : {}),
    deregistrationDelay: Duration.seconds(settings.deregistrationDelaySeconds),
    healthCheck: {
      path: healthCheck.path,
      healthyHttpCodes: healthCheck.matcher,
      interval: Duration.seconds(healthCheck.intervalSeconds),
      timeout: Duration.seconds(healthCheck.timeoutSeconds),
      healthyThresholdCount: healthCheck.healthyThreshold,
      unhealthyThresholdCount: healthCheck.unhealthyThreshold,
    },
  });
}

const algorithms = {
  round_robin: TargetGroupLoadBalancingAlgorithmType.ROUND_ROBIN,
  least_outstanding_requests: TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS,
  weighted_random: TargetGroupLoadBalancingAlgorithmType.WEIGHTED_RANDOM,
} as const;

function scale(service: FargateService, targets: ApplicationTargetGroup, props: HttpServiceProps): void {
  const { scaling } = props.settings;
  const cooldown = {
    scaleOutCooldown: Duration.seconds(scaling.outCooldownSeconds),
    scaleInCooldown: Duration.seconds(scaling.inCooldownSeconds),
  };
  const count = service.autoScaleTaskCount({ minCapacity: props.tasks.min, maxCapacity: props.tasks.max });
  count.scaleOnCpuUtilization('Cpu', { ...cooldown, targetUtilizationPercent: scaling.cpuPercent });
  count.scaleOnMemoryUtilization('Memory', { ...cooldown, targetUtilizationPercent: scaling.memoryPercent });
  count.scaleOnRequestCount('Requests', {
    ...cooldown,
    requestsPerTarget: scaling.requestsPerTargetPerMinute,
    targetGroup: targets,
  });
}
