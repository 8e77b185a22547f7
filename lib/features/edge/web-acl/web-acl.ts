import { Stack } from 'aws-cdk-lib';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { managedRules } from './managed-rules.ts';
import { capacityUnits, includedCapacityUnits, maxCapacityUnits } from './web-acl-capacity.ts';
import { logBlockedRequests } from './web-acl-logging.ts';
import type { BlockResponseBodies, BodyLimit, WebAclProps } from './web-acl-props.ts';
import {
  addressRules,
  bodyRule,
  methodRule,
  type Rule,
  rateRules,
  responseBodyKeys,
  visibility,
} from './web-acl-rules.ts';

/** The web ACL of a CloudFront distribution or of an API stage: address lists, rate limits and managed rule groups. */
export class WebAcl extends Construct {
  readonly arn: string;

  /** @throws {Error} if the rules exceed the allowed capacity units. */
  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const rules = [
      ...addressRules(this, props),
      methodRule(props.methods),
      ...(props.bodyLimit === undefined ? [] : [bodyRule(props.bodyLimit)]),
      ...props.rates.flatMap((rate) => rateRules(rate, props)),
      ...managedRules(props),
    ];
    checkCapacity(this, rules, props);
    const acl = new CfnWebACL(this, 'Resource', {
      scope: props.scope,
      defaultAction: { allow: {} },
      visibilityConfig: visibility(props.name),
      customResponseBodies: Object.fromEntries(
        Object.entries(responseBodyKeys).map(([body, key]) => [
          key,
          { contentType: 'APPLICATION_JSON', content: props.bodies[body as keyof BlockResponseBodies] },
        ]),
      ),
      ...(props.bodyLimit === undefined
        ? {}
        : { associationConfig: inspection(props.scope, props.bodyLimit) }),
      rules: rules.map((rule, priority) => ({ ...rule, priority })),
    });
    this.arn = acl.attrArn;
    logBlockedRequests(this, acl.attrArn, props);
  }
}

function inspection(scope: WebAclProps['scope'], { kibibytes }: BodyLimit) {
  const limit = { defaultSizeInspectionLimit: `KB_${kibibytes}` };
  return { requestBody: { [scope === 'CLOUDFRONT' ? 'CLOUDFRONT' : 'API_GATEWAY']: limit } };
}

function checkCapacity(scope: Construct, rules: readonly Rule[], props: WebAclProps): void {
  const resolved = Stack.of(scope).resolve(rules) as { name: string; statement: object }[];
  const needed = capacityUnits(resolved);
  const allowed = Math.min(props.capacityUnits ?? includedCapacityUnits, maxCapacityUnits);
  if (needed <= allowed) return;
  throw new Error(
    `The web ACL ${props.name} needs ${needed} capacity units; ${allowed} are allowed. ` +
      (needed > maxCapacityUnits
        ? `AWS allows at most ${maxCapacityUnits}: remove rules or path prefixes.`
        : 'Remove rules or path prefixes, or raise capacityUnits. AWS charges extra per request over 1500.'),
  );
}
