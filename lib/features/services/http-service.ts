import { Duration, Validations } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { type ISecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import {
  AlternateTarget,
  AvailabilityZoneRebalancing,
  DeploymentStrategy,
  FargateService,
  type FargateServiceProps,
  type ICluster,
  ListenerRuleConfiguration,
  PropagatedTagSource,
} from 'aws-cdk-lib/aws-ecs';
import type { ApplicationTargetGroup } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import type { DecisionListener } from './decision-listener.ts';
import { deploymentAlarm } from './deployment-alarm.ts';
import { type ScalingSettings, scaleService } from './service-scaling.ts';
import { serviceTargets, type TargetSettings } from './service-targets.ts';
import type { ServiceTask } from './service-task.ts';

/** Kind of deployment. Bake time: how long both task sets run after the traffic has moved. */
export type Deployment =
  | { readonly kind: 'rolling' | 'blueGreen'; readonly bakeMinutes: number }
  | {
      readonly kind: 'canary';
      readonly stepPercent: number;
      readonly stepBakeMinutes: number;
      readonly bakeMinutes: number;
    };

export interface HttpServiceProps {
  readonly cluster: ICluster;
  readonly securityGroup: ISecurityGroup;
  readonly task: ServiceTask;
  readonly listener: DecisionListener;
  /** Name of the service in decisions. */
  readonly serviceName: string;
  /** Priority of the stable deployment's rule, unique in the listener. */
  readonly listenerPriority: number;
  /** Whether routes of the partner API use the service. */
  readonly servesPartners: boolean;
  /** Callers of this deployment: the canary cohort, or all others. */
  readonly cohort: 'stable' | 'canary';
  readonly targets: TargetSettings;
  readonly scaling: ScalingSettings;
  readonly deployment: Deployment;
  /** Timeout of calls from other services. */
  readonly callTimeoutSeconds: number;
  /** Percentage of the tasks on Fargate Spot, which AWS may stop with two minutes' notice. */
  readonly spotPercent: number;
  readonly exec: boolean;
}

/**
 * A Fargate service behind the decision listener, with deployments that roll back and with scaling. Other services call the
 * stable deployment by its name.
 */
export class HttpService extends Construct {
  readonly service: FargateService;
  /** One target group, or two for blue/green deployments. */
  readonly targetGroups: readonly ApplicationTargetGroup[];
  /** Alarm that rolls deployments back. */
  readonly serverErrorAlarm: IAlarm;

  constructor(scope: Construct, id: string, props: HttpServiceProps) {
    super(scope, id);
    const { cluster, deployment, cohort, serviceName: name, task } = props;
    const takeTurns = deployment.kind !== 'rolling';
    const targets = serviceTargets(this, 'Targets', cluster.vpc, props.targets);
    const alternate = takeTurns
      ? serviceTargets(this, 'AlternateTargets', cluster.vpc, props.targets)
      : undefined;
    this.targetGroups = alternate === undefined ? [targets] : [targets, alternate];

    const rule = props.listener.forward(this, {
      name,
      cohort,
      priority: props.listenerPriority,
      targets,
      alternate,
      servesPartners: props.servesPartners,
    });
    const deploymentName = cohort === 'canary' ? `${name}-canary` : name;
    const { alarm, alarmName } = deploymentAlarm(this, deploymentName, this.targetGroups);
    this.serverErrorAlarm = alarm;
    this.service = new FargateService(this, 'Service', {
      ...serviceDefaults(props),
      ...strategy(deployment),
      deploymentAlarms: { alarmNames: [alarmName] },
    });
    // The target groups are attached to the load balancer, and the alarm exists, before the service starts.
    this.service.node.addDependency(rule, alarm);

    const target = this.service.loadBalancerTarget({
      containerName: task.definition.defaultContainer?.containerName ?? '',
      containerPort: props.targets.port,
      ...(alternate === undefined
        ? {}
        : {
            alternateTarget: new AlternateTarget('AlternateTarget', {
              alternateTargetGroup: alternate,
              productionListener: ListenerRuleConfiguration.applicationListenerRule(rule),
            }),
          }),
    });
    target.attachToApplicationTargetGroup(targets);
    scaleService(this.service, takeTurns ? undefined : targets, props.scaling);
    if (takeTurns) {
      Validations.of(this.service).acknowledge({
        id: 'Annotation::@aws-cdk/aws-ecs:shouldUseCircuitBreaker',
        reason: 'The circuit breaker is for rolling deployments; this one has an alarm and a bake time.',
      });
      acknowledge(
        this.service,
        'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers]',
        'ECS shifts traffic between the target groups of the service with this role; AWS maintains the policy.',
      );
    }
    if (props.exec) {
      acknowledge(
        task.definition.taskRole,
        'IAM5[Resource::*]',
        'The channels of ECS Exec have no names before they are opened.',
      );
    }
  }
}

/** Settings of all services. */
function serviceDefaults(props: HttpServiceProps): FargateServiceProps {
  const { spotPercent, serviceName, cohort, callTimeoutSeconds } = props;
  return {
    cluster: props.cluster,
    taskDefinition: props.task.definition,
    vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS },
    securityGroups: [props.securityGroup],
    assignPublicIp: false,
    // No desired count: a deployment would overwrite the count that scaling has set.
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    availabilityZoneRebalancing: AvailabilityZoneRebalancing.ENABLED,
    healthCheckGracePeriod: Duration.seconds(60),
    enableExecuteCommand: props.exec,
    enableECSManagedTags: true,
    propagateTags: PropagatedTagSource.SERVICE,
    ...(spotPercent === 0
      ? {}
      : {
          capacityProviderStrategies: [
            { capacityProvider: 'FARGATE_SPOT', weight: spotPercent },
            { capacityProvider: 'FARGATE', weight: 100 - spotPercent },
          ].filter(({ weight }) => weight > 0),
        }),
    serviceConnectConfiguration: {
      logDriver: props.task.logDriver('service-connect'),
      // Canaries serve calls from the gateway only. Services call the stable deployments.
      services:
        cohort === 'canary'
          ? []
          : [
              {
                portMappingName: props.task.portName,
                discoveryName: serviceName,
                dnsName: serviceName,
                port: props.targets.port,
                perRequestTimeout: Duration.seconds(callTimeoutSeconds),
                idleTimeout: Duration.minutes(5),
              },
            ],
    },
  };
}

function strategy(deployment: Deployment) {
  const bakeTime = Duration.minutes(deployment.bakeMinutes);
  switch (deployment.kind) {
    case 'rolling':
      return {
        deploymentStrategy: DeploymentStrategy.ROLLING,
        bakeTime,
        // The circuit breaker supports rolling deployments only; the others have the alarm.
        circuitBreaker: { enable: true, rollback: true },
      };
    case 'blueGreen':
      return { deploymentStrategy: DeploymentStrategy.BLUE_GREEN, bakeTime };
    case 'canary':
      return {
        deploymentStrategy: DeploymentStrategy.CANARY,
        bakeTime,
        canaryConfiguration: {
          stepPercent: deployment.stepPercent,
          stepBakeTime: Duration.minutes(deployment.stepBakeMinutes),
        },
      };
    default:
      return deployment satisfies never;
  }
}
