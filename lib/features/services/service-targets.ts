import { Duration } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import {
  ApplicationProtocol,
  ApplicationTargetGroup,
  TargetGroupLoadBalancingAlgorithmType,
  TargetType,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';

/** Load balancing and health checks of a service's targets. */
export interface TargetSettings {
  readonly port: number;
  readonly balancing: 'round_robin' | 'least_outstanding_requests' | 'weighted_random';
  /** Slow start in seconds, 30 to 900; with round robin only. */
  readonly slowStartSeconds?: number | undefined;
  /** Duration of sticky sessions. */
  readonly stickiness?: { readonly seconds: number } | undefined;
  readonly deregistrationDelaySeconds: number;
  readonly healthCheck: {
    readonly path: string;
    /** Status codes of a healthy target: `200`, `200,204` or `200-299`. */
    readonly matcher: string;
    readonly intervalSeconds: number;
    readonly timeoutSeconds: number;
    readonly healthyThreshold: number;
    readonly unhealthyThreshold: number;
  };
}

/** A target group of IP addresses. Tasks register themselves; fixed servers are listed. */
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
    // Anomaly mitigation: a target with more failures than the others gets fewer requests. This algorithm only.
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
