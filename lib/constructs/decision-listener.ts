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
  type DecisionWord,
  gatewayService,
  partnerStage,
  type RefusalAnswer,
  refusalAnswers,
  requestHeaders,
} from '../../lambda/shared/contract.ts';

import { listenerStatus } from './refusal-status.ts';

export interface DecisionListenerProps {
  readonly loadBalancer: IApplicationLoadBalancer;
}

/** Where the calls of one service go. */
export interface ForwardedService {
  /** In the catalogue, and so in decisions. */
  readonly name: string;
  readonly cohort: 'stable' | 'canary';
  /** Of the stable rule, unique in the listener; the canary's is one less. */
  readonly priority: number;
  readonly targets: IApplicationTargetGroup;
  /** Takes turns with `targets` in deployments. */
  readonly alternate: IApplicationTargetGroup | undefined;
}

/** Refusals and health come first; tens leave room between any two rules. */
const priorityStep = 10;

/**
 * Where decisions are enforced. The load balancer itself answers every refusal and the health check, forwards only
 * what carries the decision `allow` and a service's name, and refuses whatever is left.
 */
export class DecisionListener extends Construct {
  readonly listener: IApplicationListener;

  constructor(scope: Construct, id: string, { loadBalancer }: DecisionListenerProps) {
    super(scope, id);
    // Plain HTTP inside the VPC: the security groups let in the VPC link and the functions, nobody else.
    this.listener = loadBalancer.addListener('Http', {
      protocol: ApplicationProtocol.HTTP,
      port: 80,
      open: false,
      defaultAction: problem(refusalAnswers.forbidden),
    });

    const refusals = Object.entries(refusalAnswers) as [DecisionWord, RefusalAnswer][];
    for (const [index, [word, answer]] of refusals.entries()) {
      this.rule(word, (index + 1) * priorityStep, [decision(word)], refusal(answer));
    }
    this.rule(
      'health',
      (refusals.length + 1) * priorityStep,
      [decision('allow'), service(gatewayService)],
      ListenerAction.fixedResponse(200, {
        contentType: 'application/json',
        messageBody: JSON.stringify({ status: 'ok' }),
      }),
    );
  }

  /**
   * Forwards the calls that are allowed and meant for a service. Its canary's rule comes right before, and takes the
   * callers of that cohort alone.
   *
   * @param scope what the rule belongs to: a service brings its rule, and takes it along.
   */
  forward(
    scope: Construct,
    { name, cohort, priority, targets, alternate }: ForwardedService,
  ): ApplicationListenerRule {
    const isCanary = cohort === 'canary';
    const rule = new ApplicationListenerRule(scope, 'Rule', {
      listener: this.listener,
      priority: priority - (isCanary ? 1 : 0),
      conditions: [
        decision('allow'),
        service(name),
        ...(isCanary ? [ListenerCondition.httpHeader(requestHeaders.cohort, [cohort])] : []),
      ],
      action:
        alternate === undefined
          ? ListenerAction.forward([targets])
          : // ECS moves these weights; the template says how they begin, and never changes again.
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
 * Takes the partner door's stage off the path that a service sees: a REST API puts it before the path of a private
 * integration ("Private integrations for REST APIs", API Gateway guide). A URL without it goes on as it is.
 */
function withoutPartnerStage(rule: ApplicationListenerRule): void {
  (rule.node.defaultChild as CfnListenerRule).transforms = [
    {
      type: 'url-rewrite',
      urlRewriteConfig: { rewrites: [{ regex: `^/${partnerStage}/(.*)$`, replace: '/$1' }] },
    },
  ];
}

function decision(word: DecisionWord): ListenerCondition {
  return ListenerCondition.httpHeader(requestHeaders.decision, [word]);
}

function service(name: string): ListenerCondition {
  return ListenerCondition.httpHeader(requestHeaders.service, [name]);
}

/** A load balancer's own answer knows `application/json`, not `application/problem+json`. */
function problem({ status, body }: RefusalAnswer): ListenerAction {
  return ListenerAction.fixedResponse(status, {
    contentType: 'application/json',
    messageBody: JSON.stringify(body),
  });
}

/** The answer to a decision, with the status that the API replaces. */
function refusal({ status, body }: RefusalAnswer): ListenerAction {
  return problem({ status: listenerStatus(status), body });
}
