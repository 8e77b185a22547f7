import { Duration } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

/** How requests are handed to the targets of a service, and which of them are well. */
export interface TargetSettings {
  readonly port: number;
  readonly balancing: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  /** 30 to 900, with round robin only. */
  readonly slowStartSeconds?: number | undefined;
  /** For how long a caller stays with one target. */
  readonly stickiness?: { readonly seconds: number } | undefined;
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
}

/** A target group of addresses: tasks join it by themselves, and servers that are there are named in it. */
export function serviceTargets(
  scope: Construct,
  id: string,
  vpc: IVpc,
  settings: TargetSettings,
): ApplicationTargetGroup {
  const { healthCheck, slowStartSeconds, stickiness } = settings;
  const weightedRandom = settings.balancing === 'weighted_random';
  return new ApplicationTargetGroup(scope, id, {
    vpc,
    targetType: TargetType.IP,
    protocol: ApplicationProtocol.HTTP,
    port: settings.port,
    loadBalancingAlgorithmType: algorithms[settings.balancing],
    // Sends fewer requests to a target that fails more than its peers; this algorithm only.
    ...(weightedRandom ? { enableAnomalyMitigation: true } : {}),
    ...(slowStartSeconds === undefined ? {} : { slowStart: Duration.seconds(slowStartSeconds) }),
    ...(stickiness === undefined ? {} : { stickinessCookieDuration: Duration.seconds(stickiness.seconds) }),
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
