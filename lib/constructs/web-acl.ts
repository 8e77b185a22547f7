import { Stack } from 'aws-cdk-lib';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { AddressSets } from './address-sets.ts';
import { groupsOf, labelOf, type ManagedRuleException, managedRuleGroup } from './managed-rule-groups.ts';
import { capacityUnits, includedCapacityUnits, maxCapacityUnits } from './web-acl-capacity.ts';
import { logRefusals, type WebAclLogProps } from './web-acl-log.ts';
import { bodyOver, exceptOn, labelled, methodIs, pathBegins } from './web-acl-statements.ts';

/** A limit of one address. */
export interface AddressRate {
  /** In PascalCase; the rule's and its metric's name. */
  readonly name: string;
  readonly requests: number;
  /** AWS WAF counts over these windows only. */
  readonly windowSeconds: 60 | 120 | 300 | 600;
  /** Only requests whose path begins so. @default - all requests */
  readonly pathPrefixes?: readonly string[];
}

/** What a refused caller reads: JSON of at most 4 KB each. */
export interface WebAclBodies {
  /** 429: an address over its rate. */
  readonly tooManyRequests: string;
  /** 405: a method that nothing here takes. */
  readonly methodNotAllowed: string;
  /** 413: a body over the limit. */
  readonly contentTooLarge: string;
}

export interface WebAclProps extends WebAclLogProps {
  readonly scope: 'CLOUDFRONT' | 'REGIONAL';
  readonly rates: readonly AddressRate[];
  readonly bodies: WebAclBodies;
  /** `count` watches what the managed groups would block. */
  readonly managedRules: 'count' | 'block';
  /** Of the managed rules, by path. @default - none */
  readonly exceptions?: readonly ManagedRuleException[];
  /** AWS's group against bots, at a price per request. @default false */
  readonly botControl?: boolean;
  /** AWS's group against floods, at a price per month and request. @default false */
  readonly antiDdos?: boolean;
  /** Ranges that no rule stops, and ranges that come no further. @default - none */
  readonly addresses?: { readonly allow: readonly string[]; readonly block: readonly string[] };
  /** What callers may ask for; anything else is answered 405. */
  readonly methods: readonly string[];
  /** Largest body in KiB, but for paths that begin as named. @default - as large as the API takes them */
  readonly bodyLimit?: BodyLimit | undefined;
  /** Header with the viewer's address, from where only the edge may set it. @default - the connection's address */
  readonly viewerAddressHeader?: string;
  /** Web ACL capacity units that the rules may need. @default 1500, which cost nothing extra */
  readonly capacityUnits?: number;
}

/** AWS WAF inspects these first parts of a body. */
export interface BodyLimit {
  readonly kibibytes: 16 | 32 | 48 | 64;
  readonly exceptPathPrefixes: readonly string[];
}

type Rule = Omit<CfnWebACL.RuleProperty, 'priority'>;

/** The firewall of a distribution or of an API: floods and known attacks end here, before they cost anything behind. */
export class WebAcl extends Construct {
  readonly arn: string;

  /** @throws {Error} when the rules need more capacity than they may. */
  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const rules = [
      ...addressRules(this, props),
      methodRule(props.methods),
      ...(props.bodyLimit === undefined ? [] : [bodyRule(props.bodyLimit)]),
      ...props.rates.map((rate) => rateRule(rate, props.viewerAddressHeader)),
      ...managedRules(props),
    ];
    checkCapacity(this, rules, props);
    const acl = new CfnWebACL(this, 'Resource', {
      scope: props.scope,
      defaultAction: { allow: {} },
      visibilityConfig: visibility(props.name),
      customResponseBodies: Object.fromEntries(
        Object.entries(answerKeys).map(([body, key]) => [
          key,
          { contentType: 'APPLICATION_JSON', content: props.bodies[body as keyof WebAclBodies] },
        ]),
      ),
      ...(props.bodyLimit === undefined
        ? {}
        : { associationConfig: inspection(props.scope, props.bodyLimit) }),
      rules: rules.map((rule, priority) => ({ ...rule, priority })),
    });
    this.arn = acl.attrArn;
    logRefusals(this, acl.attrArn, props);
  }
}

/** Keys of the answers' bodies. */
const answerKeys = {
  tooManyRequests: 'TooManyRequests',
  methodNotAllowed: 'MethodNotAllowed',
  contentTooLarge: 'ContentTooLarge',
} as const satisfies Record<keyof WebAclBodies, string>;

function addressRules(scope: Construct, props: WebAclProps): Rule[] {
  const { addresses = { allow: [], block: [] }, viewerAddressHeader: addressHeader } = props;
  const rule = (name: string, description: string, ranges: readonly string[], action: Rule['action']) =>
    ranges.length === 0
      ? []
      : [
          {
            name,
            visibilityConfig: visibility(name),
            statement: new AddressSets(scope, name, {
              scope: props.scope,
              description,
              ranges,
              addressHeader,
            }).statement,
            ...(action === undefined ? {} : { action }),
          },
        ];
  return [
    ...rule('BlockedAddresses', 'Addresses that come no further.', addresses.block, { block: {} }),
    ...rule('AllowedAddresses', 'Addresses that no rule stops.', addresses.allow, { allow: {} }),
  ];
}

function methodRule(methods: readonly string[]): Rule {
  return {
    name: 'Methods',
    visibilityConfig: visibility('Methods'),
    statement: { notStatement: { statement: methodIs(methods) } },
    action: refusal(405, answerKeys.methodNotAllowed, [{ name: 'Allow', value: methods.join(', ') }]),
  };
}

function bodyRule({ kibibytes, exceptPathPrefixes }: BodyLimit): Rule {
  return {
    name: 'BodySize',
    visibilityConfig: visibility('BodySize'),
    // Equal to what is inspected: a longer one is matched for being longer.
    statement: exceptOn(exceptPathPrefixes, bodyOver(kibibytes * 1_024)),
    action: refusal(413, answerKeys.contentTooLarge),
  };
}

function inspection(scope: WebAclProps['scope'], { kibibytes }: BodyLimit) {
  const limit = { defaultSizeInspectionLimit: `KB_${kibibytes}` };
  return { requestBody: { [scope === 'CLOUDFRONT' ? 'CLOUDFRONT' : 'API_GATEWAY']: limit } };
}

function rateRule(rate: AddressRate, addressHeader: string | undefined): Rule {
  const { name, requests, windowSeconds, pathPrefixes } = rate;
  return {
    name,
    visibilityConfig: visibility(name),
    statement: {
      rateBasedStatement: {
        ...(addressHeader === undefined
          ? { aggregateKeyType: 'IP' }
          : {
              aggregateKeyType: 'FORWARDED_IP',
              forwardedIpConfig: { headerName: addressHeader, fallbackBehavior: 'MATCH' },
            }),
        limit: requests,
        evaluationWindowSec: windowSeconds,
        ...(pathPrefixes === undefined ? {} : { scopeDownStatement: pathBegins(pathPrefixes) }),
      },
    },
    action: refusal(429, answerKeys.tooManyRequests, [{ name: 'Retry-After', value: String(windowSeconds) }]),
  };
}

function refusal(
  responseCode: number,
  customResponseBodyKey: string,
  headers: CfnWebACL.CustomHTTPHeaderProperty[] = [],
): CfnWebACL.RuleActionProperty {
  const responseHeaders = [...headers, { name: 'Cache-Control', value: 'no-store' }];
  return { block: { customResponse: { responseCode, customResponseBodyKey, responseHeaders } } };
}

/**
 * AWS's groups, then the exceptions: a rule with one only counts, which labels the request, and a rule of ours blocks
 * by the label wherever the exception does not hold.
 */
function managedRules({
  managedRules: mode,
  exceptions = [],
  botControl = false,
  antiDdos = false,
}: WebAclProps): Rule[] {
  const groups = groupsOf({ botControl, antiDdos });
  return [
    ...groups.map((name): Rule => {
      const { counted, configuration } = managedRuleGroup(name);
      const excepted = exceptions.filter(({ group }) => group === name).map(({ rule }) => rule);
      return {
        name,
        visibilityConfig: visibility(name),
        overrideAction: mode === 'count' ? { count: {} } : { none: {} },
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS',
            name,
            ruleActionOverrides: [...new Set([...counted, ...excepted])].map((rule) => ({
              name: rule,
              actionToUse: { count: {} },
            })),
            ...(configuration === undefined ? {} : { managedRuleGroupConfigs: [configuration] }),
          },
        },
      };
    }),
    ...exceptions.map((exception): Rule => {
      const name = `${exception.rule.replaceAll('_', '')}Elsewhere`;
      return {
        name,
        visibilityConfig: visibility(name),
        statement: exceptOn(exception.pathPrefixes, labelled(labelOf(exception))),
        action: mode === 'count' ? { count: {} } : { block: {} },
      };
    }),
  ];
}

function checkCapacity(scope: Construct, rules: readonly Rule[], props: WebAclProps): void {
  const resolved = Stack.of(scope).resolve(rules) as { name: string; statement: object }[];
  const needed = capacityUnits(resolved);
  const allowed = Math.min(props.capacityUnits ?? includedCapacityUnits, maxCapacityUnits);
  if (needed <= allowed) return;
  throw new Error(
    `The firewall ${props.name} needs ${needed} web ACL capacity units and may have ${allowed}. ` +
      (needed > maxCapacityUnits
        ? `AWS allows no more than ${maxCapacityUnits}: take rules or path prefixes out.`
        : 'Take rules or path prefixes out, or raise its capacityUnits: over 1500 AWS charges for every request.'),
  );
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
