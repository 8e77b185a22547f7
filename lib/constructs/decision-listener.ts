import { createHash } from 'node:crypto';
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

export interface DecisionListenerProps {
  readonly loadBalancer: IApplicationLoadBalancer;
}

/** Refusals and health come first; tens leave room between any two rules. */
const priorityStep = 10;
const firstServicePriority = 1_000;
/** A listener's priorities end at 50 000. */
const serviceSlots = (50_000 - firstServicePriority) / priorityStep;

/**
 * Where decisions are enforced. The load balancer itself answers every refusal and the health check, forwards only
 * what carries the decision `allow` and a service's name, and refuses whatever is left.
 */
export class DecisionListener extends Construct {
  readonly listener: IApplicationListener;
  private readonly takenSlots = new Set<number>();

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
      this.rule(word, (index + 1) * priorityStep, [decision(word)], problem(answer));
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

  /** Forwards the calls that are allowed and meant for the service of this name. */
  forward(name: string, targetGroup: IApplicationTargetGroup): void {
    const rule = this.rule(
      `service-${name}`,
      this.priorityOf(name),
      [decision('allow'), service(name)],
      ListenerAction.forward([targetGroup]),
    );
    withoutPartnerStage(rule);
  }

  /**
   * A priority that follows from the name alone. No two of these rules match one call, so their order means nothing;
   * but CloudFormation changes rules one by one and fails where a new priority is still another rule's, so a service
   * that comes or goes must leave the others' where they are.
   */
  private priorityOf(name: string): number {
    let slot = createHash('sha256').update(name).digest().readUInt32BE() % serviceSlots;
    while (this.takenSlots.has(slot)) slot = (slot + 1) % serviceSlots;
    this.takenSlots.add(slot);
    return firstServicePriority + slot * priorityStep;
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
