import { requestHeaders } from '../../../../runtime/contracts/gateway-contract.ts';
import type { Deployment, Resource } from '../../engine/assembly.ts';
import type { GatewayPorts } from '../../engine/gateway-ports.ts';
import { type Emulated, readResources } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { Exchange, HttpResponse } from '../../http/exchange.ts';
import { type Action, compileAction, errorPage } from './actions.ts';
import { attributeOf, checkAttributes } from './attributes.ts';
import { compileTargetGroups, type TargetGroupPorts } from './compile-target-groups.ts';
import { type Condition, compileCondition } from './conditions.ts';
import { type ForwardingSettings, forward } from './forwarding.ts';
import {
  type ActionProperties,
  listenerRuleType,
  listenerType,
  loadBalancerAttributes,
  loadBalancerType,
} from './load-balancer-resources.ts';
import type { TargetGroup } from './target-group.ts';
import { type UrlRewrite, urlRewrite } from './url-rewrite.ts';

/** A listener of a load balancer with its rules. */
export interface LoadBalancerListener {
  /** The listener's id in the deployment. */
  readonly id: string;
  readonly loadBalancerId: string;
  readonly handle: (exchange: Exchange) => Promise<void>;
}

export interface LoadBalancers {
  readonly listeners: readonly LoadBalancerListener[];
  /** Starts the health checks. */
  readonly start: () => void;
  readonly close: () => Promise<void>;
}

interface Rule {
  readonly conditions: readonly Condition[];
  readonly action: Action;
  /** Applies to forwarded requests only. */
  readonly rewrite: UrlRewrite;
}

/** Compiles the load balancers of a deployment. */
export function compileLoadBalancers(
  deployment: Deployment,
  ports: TargetGroupPorts & Pick<GatewayPorts, 'hop'>,
  findings: UnsupportedFeatures,
): LoadBalancers {
  const groups = compileTargetGroups(deployment, ports, findings);
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
  const context: ListenerContext = { deployment, groups, balancers, rules, findings, ports };
  return {
    listeners: readResources(deployment, listenerType, findings).flatMap(
      (listener) => compileListener(listener, context) ?? [],
    ),
    start: () => {
      for (const group of groups.values()) group.start();
    },
    close: async () => {
      await Promise.all([...groups.values()].map((group) => group.close()));
    },
  };
}

interface ListenerContext {
  readonly deployment: Deployment;
  readonly groups: ReadonlyMap<string, TargetGroup>;
  readonly balancers: ReadonlyMap<string, Emulated<typeof loadBalancerType.emulated>>;
  /** In the order of their priority. */
  readonly rules: readonly Emulated<typeof listenerRuleType.emulated>[];
  readonly findings: UnsupportedFeatures;
  readonly ports: Pick<GatewayPorts, 'now' | 'hop'>;
}

/** Compiles a listener with its rules; null when it refers to something that is not emulated. */
function compileListener(
  { resource, properties }: Emulated<typeof listenerType.emulated>,
  { deployment, groups, balancers, rules, findings, ports }: ListenerContext,
): LoadBalancerListener | null {
  const balancer = balancers.get(deployment.byReference(properties.LoadBalancerArn)?.id ?? '');
  if (balancer === undefined) {
    findings.add(resource, 'LoadBalancerArn', 'does not name a load balancer of this deployment.');
    return null;
  }
  const groupOf = (reference: string) => groups.get(deployment.byReference(reference)?.id ?? '');
  const actionOf = (owner: Resource, property: string, declared: ActionProperties | undefined) => {
    const action = declared === undefined ? null : compileAction(declared, groupOf, properties.Port);
    if (action === null) findings.add(owner, property, 'does not name a target group of this deployment.');
    return action;
  };
  const ownRules = rules
    .filter((rule) => deployment.byReference(rule.properties.ListenerArn)?.id === resource.id)
    .flatMap((rule): Rule[] => {
      const action = actionOf(rule.resource, 'Actions', rule.properties.Actions[0]);
      if (action === null) return [];
      const conditions = rule.properties.Conditions.map(compileCondition);
      return [{ conditions, action, rewrite: urlRewrite(rule.properties.Transforms) }];
    });
  const defaultAction = actionOf(resource, 'DefaultActions', properties.DefaultActions[0]);
  if (defaultAction === null) return null;
  const settings = forwardingSettings(balancer, properties.Port);
  return {
    id: resource.id,
    loadBalancerId: balancer.resource.id,
    handle: async (exchange) => {
      const startedMs = ports.now();
      const answer = await respond(exchange, ownRules, defaultAction, settings);
      if (answer !== null) await exchange.send(answer);
      const { method, path, headers } = exchange;
      ports.hop?.({
        name: 'load balancer',
        requestId: headers.get(requestHeaders.requestId) ?? '-',
        startedMs,
        endedMs: ports.now(),
        fields: { method, path, status: answer?.status ?? 460 },
      });
    },
  };
}

async function respond(
  exchange: Exchange,
  rules: readonly Rule[],
  defaultAction: Action,
  settings: ForwardingSettings,
): Promise<HttpResponse | null> {
  const request = { ...exchange, sourceAddress: exchange.peer };
  const rule = rules.find(({ conditions }) => conditions.every((condition) => condition(request)));
  const action = rule?.action ?? defaultAction;
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
