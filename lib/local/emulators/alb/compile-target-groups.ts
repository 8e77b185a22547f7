import { randomBytes } from 'node:crypto';
import type { Deployment } from '../../engine/assembly.ts';
import { type Emulated, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import { attributeOf, checkAttributes } from './attributes.ts';
import { targetGroupAttributes, targetGroupType } from './load-balancer-resources.ts';
import { StickyCookie } from './sticky-cookie.ts';
import { type Address, TargetGroup, type TargetGroupSettings } from './target-group.ts';

export interface TargetGroupPorts {
  /** The running tasks of a target group at the moment, by the group's id. */
  readonly targets: (targetGroupId: string) => readonly Address[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Compiles the target groups of a deployment, by id. */
export function compileTargetGroups(
  deployment: Deployment,
  { targets, now }: TargetGroupPorts,
  findings: UnsupportedFeatures,
): ReadonlyMap<string, TargetGroup> {
  const cookieKey = randomBytes(32);
  return new Map(
    readResources(deployment, targetGroupType, findings).map((group) => {
      const { resource, properties } = group;
      checkAttributes(resource, properties.TargetGroupAttributes, targetGroupAttributes, findings);
      // Servers that the template names; the tasks of services register themselves.
      const named = properties.Targets.map(({ Id, Port = properties.Port }) => ({ host: Id, port: Port }));
      const settings = groupSettings(group, { cookieKey, now }, findings);
      const registered = () => [...named, ...targets(resource.id)];
      return [resource.id, new TargetGroup(settings, registered, now)] as const;
    }),
  );
}

const algorithms = ['round_robin', 'least_outstanding_requests', 'weighted_random'] as const;

function groupSettings(
  { resource, properties }: Emulated<typeof targetGroupType.emulated>,
  { cookieKey, now }: { readonly cookieKey: Buffer; readonly now: () => number },
  findings: UnsupportedFeatures,
): TargetGroupSettings {
  const attributes = properties.TargetGroupAttributes ?? [];
  const isSticky = attributeOf(attributes, 'stickiness.enabled') === 'true';
  const stickyBy = attributeOf(attributes, 'stickiness.type') ?? 'lb_cookie';
  if (isSticky && stickyBy !== 'lb_cookie') {
    findings.add(resource, 'TargetGroupAttributes.stickiness.type', `${stickyBy} is not emulated.`);
  }
  const declared = attributeOf(attributes, 'load_balancing.algorithm.type') ?? 'round_robin';
  const algorithm = algorithms.find((known) => known === declared);
  if (algorithm === undefined) {
    findings.add(
      resource,
      'TargetGroupAttributes.load_balancing.algorithm.type',
      `${declared} is not emulated.`,
    );
  }
  return {
    healthCheck: {
      path: properties.HealthCheckPath,
      matcher: properties.Matcher.HttpCode,
      intervalSeconds: properties.HealthCheckIntervalSeconds,
      timeoutSeconds: properties.HealthCheckTimeoutSeconds,
      healthyThreshold: properties.HealthyThresholdCount,
      unhealthyThreshold: properties.UnhealthyThresholdCount,
    },
    algorithm: algorithm ?? 'round_robin',
    // 300 seconds: default of the attribute.
    deregistrationDelaySeconds: Number(
      attributeOf(attributes, 'deregistration_delay.timeout_seconds') ?? 300,
    ),
    slowStartSeconds: Number(attributeOf(attributes, 'slow_start.duration_seconds') ?? 0),
    stickiness: isSticky
      ? // 86400 seconds: default of the attribute.
        new StickyCookie(
          Number(attributeOf(attributes, 'stickiness.lb_cookie.duration_seconds') ?? 86_400),
          cookieKey,
          now,
        )
      : undefined,
  };
}
