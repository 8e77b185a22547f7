import {
  ApplicationListenerRule,
  ApplicationProtocol,
  type CfnListenerRule,
  type IApplicationListener,
  type IApplicationLoadBalancer,
  type IApplicationTargetGroup,
  ListenerAction,
  ListenerCondition,
} from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { Construct } from 'constructs';
import {
  type DecisionName,
  gatewayService,
  partnerStage,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';
import { type RefusalResponse, refusalResponses } from '../../../runtime/contracts/refusals.ts';

import { listenerStatusCode } from './refusal-status-codes.ts';

export interface DecisionListenerProps {
  readonly loadBalancer: IApplicationLoadBalancer;
  /** A random value: letters and digits, or a dynamic reference. */
  readonly partnerProof: string;
}

/** Settings of the listener rules of one service. */
export interface ForwardingRule {
  /** Name of the service in the catalogue and in decisions. */
  readonly name: string;
  readonly cohort: 'stable' | 'canary';
  /** Priority of the stable rule, unique in the listener; the canary rule has the priority before it. */
  readonly priority: number;
  readonly targets: IApplicationTargetGroup;
  /** Second target group of blue/green deployments. */
  readonly alternate: IApplicationTargetGroup | undefined;
  /** Whether routes of the partner API use the service. */
  readonly servesPartners: boolean;
}

/**
 * The decision header of the partner API for a service, in place of `allow`. Callers cannot guess it, and it contains the
 * name of the service, so that a caller's duplicate header cannot select another service.
 *
 * @param proof letters and digits. Condition values are case-insensitive and have at most 128 characters
 */
export function partnerDecision(proof: string, service: string): string {
  return `${proof}-${service}`;
}

/**
 * Priorities of the gateway's own rules, before those of services. A rule keeps its priority when refusals are added,
 * because CloudFormation cannot give one that is in use to another rule.
 */
const forgedDecisionPriority = 5;
const healthPriority = 7;
const priorityStep = 10;

/**
 * The listener that enforces decisions. The load balancer answers refusals and the health check itself, forwards only
 * requests with the decision `allow` and the name of a service, and refuses all others.
 */
export class DecisionListener extends Construct {
  readonly listener: IApplicationListener;
  private readonly partnerProof: string;

  constructor(scope: Construct, id: string, { loadBalancer, partnerProof }: DecisionListenerProps) {
    super(scope, id);
    this.partnerProof = partnerProof;
    // Plain HTTP inside the VPC: the security groups allow only the VPC link and the functions.
    this.listener = loadBalancer.addListener('Http', {
      protocol: ApplicationProtocol.HTTP,
      port: 80,
      open: false,
      defaultAction: problem(refusalResponses.forbidden),
    });

    // A condition matches any value of a repeated header. The partner API never sends `allow`, so a caller has sent it.
    this.rule(
      'forgedDecision',
      forgedDecisionPriority,
      [header(requestHeaders.decision, partnerDecision(partnerProof, '*')), decision('allow')],
      problem(refusalResponses.forbidden),
    );
    const refusals = Object.entries(refusalResponses) as [DecisionName, RefusalResponse][];
    for (const [index, [word, answer]] of refusals.entries()) {
      this.rule(word, (index + 1) * priorityStep, [decision(word)], refusal(answer));
    }
    this.rule(
      'health',
      healthPriority,
      [decision('allow'), service(gatewayService)],
      ListenerAction.fixedResponse(200, {
        contentType: 'application/json',
        messageBody: JSON.stringify({ status: 'ok' }),
      }),
    );
  }

  /**
   * Forwards allowed calls to a service. The canary rule comes directly before the stable rule, and matches the callers of
   * the canary cohort.
   *
   * @param scope the service's stack: the rule is created and deleted with the service
   */
  forward(
    scope: Construct,
    { name, cohort, priority, targets, alternate, servesPartners }: ForwardingRule,
  ): ApplicationListenerRule {
    const isCanary = cohort === 'canary';
    const rule = new ApplicationListenerRule(scope, 'Rule', {
      listener: this.listener,
      priority: priority - (isCanary ? 1 : 0),
      conditions: [
        header(
          requestHeaders.decision,
          'allow',
          ...(servesPartners ? [partnerDecision(this.partnerProof, name)] : []),
        ),
        service(name),
        ...(isCanary ? [ListenerCondition.httpHeader(requestHeaders.cohort, [cohort])] : []),
      ],
      action:
        alternate === undefined
          ? ListenerAction.forward([targets])
          : // ECS changes these weights during deployments; the template contains the initial weights only.
            ListenerAction.weightedForward([
              { targetGroup: targets, weight: 100 },
              { targetGroup: alternate, weight: 0 },
            ]),
    });
    withoutPartnerStage(rule);
    return rule;
  }

  private rule(
    id: string,
    priority: number,
    conditions: ListenerCondition[],
    action: ListenerAction,
  ): ApplicationListenerRule {
    return new ApplicationListenerRule(this, id, { listener: this.listener, priority, conditions, action });
  }
}

/**
 * Removes the partner API's stage from the path: a REST API puts it before the path of a private integration ("Private
 * integrations for REST APIs", API Gateway guide). Other paths are unchanged.
 */
function withoutPartnerStage(rule: ApplicationListenerRule): void {
  (rule.node.defaultChild as CfnListenerRule).transforms = [
    {
      type: 'url-rewrite',
      urlRewriteConfig: { rewrites: [{ regex: `^/${partnerStage}/(.*)$`, replace: '/$1' }] },
    },
  ];
}

function header(name: string, ...values: string[]): ListenerCondition {
  return ListenerCondition.httpHeader(name, values);
}

function decision(word: DecisionName): ListenerCondition {
  return header(requestHeaders.decision, word);
}

function service(name: string): ListenerCondition {
  return header(requestHeaders.service, name);
}

/** Fixed responses support `application/json`, but not `application/problem+json`. */
function problem({ status, body }: RefusalResponse): ListenerAction {
  return ListenerAction.fixedResponse(status, {
    contentType: 'application/json',
    messageBody: JSON.stringify(body),
  });
}

/** Fixed response to a decision, with the status code that the API replaces. */
function refusal({ status, body }: RefusalResponse): ListenerAction {
  return problem({ status: listenerStatusCode(status), body });
}
