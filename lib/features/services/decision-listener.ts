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
  type RefusalResponse,
  refusalResponses,
  requestHeaders,
} from '../../../runtime/contracts/gateway-contract.ts';

import { listenerStatusCode } from './refusal-status-codes.ts';

export interface DecisionListenerProps {
  readonly loadBalancer: IApplicationLoadBalancer;
  /** An unguessable value: letters and digits, or a dynamic reference to them. */
  readonly partnerProof: string;
}

/** Where the calls of one service go. */
export interface ForwardingRule {
  /** In the catalogue, and so in decisions. */
  readonly name: string;
  readonly cohort: 'stable' | 'canary';
  /** Of the stable rule, unique in the listener; the canary's is one less. */
  readonly priority: number;
  readonly targets: IApplicationTargetGroup;
  /** Takes turns with `targets` in deployments. */
  readonly alternate: IApplicationTargetGroup | undefined;
  /** Whether routes of the partner API lead here. */
  readonly servesPartners: boolean;
}

/**
 * The decision that the partner API writes for a service, in place of `allow`. Nobody outside the deployment can guess
 * it, and it names the service, so that a caller's own header that survives beside it opens no other one.
 *
 * @param proof of letters and digits. Condition values are compared without regard to case, and have 128 characters.
 */
export function partnerDecision(proof: string, service: string): string {
  return `${proof}-${service}`;
}

/** Refusals and health come first; tens leave room between any two rules. */
const priorityStep = 10;
const forgedDecisionPriority = 5;

/**
 * Where decisions are enforced. The load balancer itself answers every refusal and the health check, forwards only
 * what carries the decision `allow` and a service's name, and refuses whatever is left.
 */
export class DecisionListener extends Construct {
  readonly listener: IApplicationListener;
  private readonly partnerProof: string;

  constructor(scope: Construct, id: string, { loadBalancer, partnerProof }: DecisionListenerProps) {
    super(scope, id);
    this.partnerProof = partnerProof;
    // Plain HTTP inside the VPC: the security groups let in the VPC link and the functions, nobody else.
    this.listener = loadBalancer.addListener('Http', {
      protocol: ApplicationProtocol.HTTP,
      port: 80,
      open: false,
      defaultAction: problem(refusalResponses.forbidden),
    });

    // Of a repeated header every value is compared. The partner API never writes `allow`, so the caller has sent it.
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
 * Takes the partner API's stage off the path that a service sees: a REST API puts it before the path of a private
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

function header(name: string, ...values: string[]): ListenerCondition {
  return ListenerCondition.httpHeader(name, values);
}

function decision(word: DecisionName): ListenerCondition {
  return header(requestHeaders.decision, word);
}

function service(name: string): ListenerCondition {
  return header(requestHeaders.service, name);
}

/** A load balancer's own answer knows `application/json`, not `application/problem+json`. */
function problem({ status, body }: RefusalResponse): ListenerAction {
  return ListenerAction.fixedResponse(status, {
    contentType: 'application/json',
    messageBody: JSON.stringify(body),
  });
}

/** The answer to a decision, with the status that the API replaces. */
function refusal({ status, body }: RefusalResponse): ListenerAction {
  return problem({ status: listenerStatusCode(status), body });
}
