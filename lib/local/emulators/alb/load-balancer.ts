import { randomBytes } from 'node:crypto';
import type { Deployment } from '../../engine/assembly.ts';
import { type Emulated, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import { type Action, compileAction, errorPage } from './actions.ts';
import { attributeOf, checkAttributes } from './attributes.ts';
import { type Condition, compileCondition } from './conditions.ts';
import { type ForwardingSettings, forward } from './forwarding.ts';
import {
  listenerRuleType,
  listenerType,
  loadBalancerAttributes,
  loadBalancerType,
  targetGroupAttributes,
  targetGroupType,
} from './load-balancer-resources.ts';
import { StickyCookie } from './sticky-cookie.ts';
import { type Address, TargetGroup, type TargetGroupSettings } from './target-group.ts';
import { type UrlRewrite, urlRewrite } from './url-rewrite.ts';

/** One listener with its rules: what answers on one port. */
export interface LoadBalancerListener {
  /** The listener's id in the deployment. */
  readonly id: string;
  readonly loadBalancerId: string;
  readonly handle: (exchange: Exchange) => Promise<void>;
}

export interface LoadBalancers {
  readonly listeners: readonly LoadBalancerListener[];
  /** Begins the health checks. */
  readonly start: () => void;
  readonly close: () => Promise<void>;
}

interface Rule {
  readonly conditions: readonly Condition[];
  readonly action: Action;
  /** Only what goes to a target is rewritten. */
  readonly rewrite: UrlRewrite;
}

export interface LoadBalancerPorts {
  /** Live view of a target group's running tasks, by the group's id. */
  readonly targets: (targetGroupId: string) => readonly Address[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Reads the load balancers of a deployment. */
export function compileLoadBalancers(
  deployment: Deployment,
  { targets, now }: LoadBalancerPorts,
  findings: UnsupportedFeatures,
): LoadBalancers {
  const cookieKey = randomBytes(32);
  const groups = new Map(
    readResources(deployment, targetGroupType, findings).map((group) => {
      checkAttributes(
        group.resource,
        group.properties.TargetGroupAttributes,
        targetGroupAttributes,
        findings,
      );
      // Servers that the template names, beside the tasks that join by themselves.
      const named = group.properties.Targets.map(({ Id, Port = group.properties.Port }) => ({
        host: Id,
        port: Port,
      }));
      const settings = groupSettings(group, { cookieKey, now }, findings);
      const registered = () => [...named, ...targets(group.resource.id)];
      return [group.resource.id, new TargetGroup(settings, registered, now)] as const;
    }),
  );
  const groupOf = (reference: string) => groups.get(deployment.byReference(reference)?.id ?? '');
  const balancers = new Map(
    readResources(deployment, loadBalancerType, findings).map((balancer) => {
      const { LoadBalancerAttributes: attributes } = balancer.properties;
      checkAttributes(balancer.resource, attributes, loadBalancerAttributes, findings);
      return [balancer.resource.id, balancer] as const;
    }),
  );
  const rules = readResources(deployment, listenerRuleType, findings).sort(
    (one, other) => one.properties.Priority - other.properties.Priority,
  );

  const listeners = readResources(deployment, listenerType, findings).flatMap((listener) => {
    const { resource, properties } = listener;
    const balancer = balancers.get(deployment.byReference(properties.LoadBalancerArn)?.id ?? '');
    if (balancer === undefined) {
      findings.add(resource, 'LoadBalancerArn', 'means no load balancer of this deployment.');
      return [];
    }
    const action = (of: Emulated<typeof listenerRuleType.emulated> | typeof listener, property: string) => {
      const declared =
        'Actions' in of.properties ? of.properties.Actions[0] : of.properties.DefaultActions[0];
      const compiled = declared === undefined ? null : compileAction(declared, groupOf, properties.Port);
      if (compiled === null) findings.add(of.resource, property, 'means no target group of this deployment.');
      return compiled;
    };
    const ownRules: Rule[] = rules
      .filter((rule) => deployment.byReference(rule.properties.ListenerArn)?.id === resource.id)
      .flatMap((rule) => {
        const compiled = action(rule, 'Actions');
        return compiled === null
          ? []
          : [
              {
                conditions: rule.properties.Conditions.map(compileCondition),
                action: compiled,
                rewrite: urlRewrite(rule.properties.Transforms),
              },
            ];
      });
    const byDefault = action(listener, 'DefaultActions');
    if (byDefault === null) return [];
    const settings = forwardingSettings(balancer, properties.Port);
    return [
      {
        id: resource.id,
        loadBalancerId: balancer.resource.id,
        handle: async (exchange: Exchange) => {
          const answer = await respond(exchange, ownRules, byDefault, settings);
          if (answer !== null) await exchange.send(answer);
        },
      },
    ];
  });

  return {
    listeners,
    start: () => {
      for (const group of groups.values()) group.start();
    },
    close: async () => {
      await Promise.all([...groups.values()].map((group) => group.close()));
    },
  };
}

async function respond(
  exchange: Exchange,
  rules: readonly Rule[],
  byDefault: Action,
  settings: ForwardingSettings,
): Promise<HttpResponse | null> {
  const request = { ...exchange, sourceAddress: exchange.peer };
  const rule = rules.find(({ conditions }) => conditions.every((condition) => condition(request)));
  const action = rule?.action ?? byDefault;
  if (action.kind === 'answer') return action.answer(exchange);
  return (
    (await forward({ ...exchange, ...rule?.rewrite(exchange) }, action.choose(), settings)) ??
    (exchange.gone.aborted ? null : errorPage(502, 'Bad Gateway'))
  );
}

function forwardingSettings(
  { properties }: Emulated<typeof loadBalancerType.emulated>,
  listenerPort: number,
): ForwardingSettings {
  const attributes = properties.LoadBalancerAttributes ?? [];
  const mode = attributeOf(attributes, 'routing.http.xff_header_processing.mode');
  return {
    idleTimeoutSeconds: Number(attributeOf(attributes, 'idle_timeout.timeout_seconds') ?? 60),
    dropInvalidHeaderFields:
      attributeOf(attributes, 'routing.http.drop_invalid_header_fields.enabled') === 'true',
    forwardedFor: mode === 'preserve' || mode === 'remove' ? mode : 'append',
    listenerPort,
  };
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
