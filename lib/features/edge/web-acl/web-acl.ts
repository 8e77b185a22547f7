import { Stack } from 'aws-cdk-lib';
import { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { IpSets } from './ip-sets.ts';
import { groupsOf, labelOf, type ManagedRuleException, managedRuleGroup } from './managed-rule-groups.ts';
import { capacityUnits, includedCapacityUnits, maxCapacityUnits } from './web-acl-capacity.ts';
import { logBlockedRequests, type WebAclLogProps } from './web-acl-logging.ts';
import {
  allOf,
  bodyLargerThan,
  exceptOnPaths,
  hasLabel,
  headerEquals,
  methodIn,
  pathStartsWith,
  type Statement,
} from './web-acl-statements.ts';

/** A limit of one address. */
export interface IpRateLimit {
  /** In PascalCase; the rule's and its metric's name. */
  readonly name: string;
  readonly requests: number;
  /** AWS WAF counts over these windows only. */
  readonly windowSeconds: 60 | 120 | 300 | 600;
  /** Only requests whose path begins so. @default - all requests */
  readonly pathPrefixes?: readonly string[];
  /**
   * `preflights` counts only the questions of browsers whether a page may send a call. Every other rate leaves them out,
   * because a page learns of a refusal only after a preflight that succeeded. @default - calls
   */
  readonly of?: 'calls' | 'preflights';
}

/** What a refused caller reads: JSON of at most 4 KB each. */
export interface BlockResponseBodies {
  /** 429: an address over its rate. */
  readonly tooManyRequests: string;
  /** 405: a method that nothing here takes. */
  readonly methodNotAllowed: string;
  /** 413: a body over the limit. */
  readonly contentTooLarge: string;
  /** 403: an address or a request that is not let in. */
  readonly forbidden: string;
}

export interface WebAclProps extends WebAclLogProps {
  readonly scope: 'CLOUDFRONT' | 'REGIONAL';
  readonly rates: readonly IpRateLimit[];
  readonly bodies: BlockResponseBodies;
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
  /** Where the viewer's address is, behind the edge. @default - it is the connection's */
  readonly viewerAddress?: ForwardedViewerAddress;
  /** Web ACL capacity units that the rules may need. @default 1500, which cost nothing extra */
  readonly capacityUnits?: number;
}

/** A header with the viewer's address, which counts only where another one proves that the edge has written it. */
export interface ForwardedViewerAddress {
  readonly header: string;
  readonly proof: { readonly header: string; readonly value: string };
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
      ...props.rates.flatMap((rate) => rateRules(rate, props)),
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

/** Keys of the answers' bodies. */
const answerKeys = {
  tooManyRequests: 'TooManyRequests',
  methodNotAllowed: 'MethodNotAllowed',
  contentTooLarge: 'ContentTooLarge',
  forbidden: 'Forbidden',
} as const satisfies Record<keyof BlockResponseBodies, string>;

function addressRules(scope: Construct, props: WebAclProps): Rule[] {
  const { addresses = { allow: [], block: [] } } = props;
  const rule = (name: string, description: string, ranges: readonly string[], action: Rule['action']) =>
    ranges.length === 0
      ? []
      : [
          {
            name,
            visibilityConfig: visibility(name),
            statement: new IpSets(scope, name, {
              scope: props.scope,
              description,
              ranges,
            }).statement,
            ...(action === undefined ? {} : { action }),
          },
        ];
  return [
    ...rule(
      'BlockedAddresses',
      'Addresses that come no further.',
      addresses.block,
      refusal(403, answerKeys.forbidden),
    ),
    ...rule('AllowedAddresses', 'Addresses that no rule stops.', addresses.allow, { allow: {} }),
  ];
}

function methodRule(methods: readonly string[]): Rule {
  return {
    name: 'Methods',
    visibilityConfig: visibility('Methods'),
    statement: { notStatement: { statement: methodIn(methods) } },
    action: refusal(405, answerKeys.methodNotAllowed, [{ name: 'Allow', value: methods.join(', ') }]),
  };
}

function bodyRule({ kibibytes, exceptPathPrefixes }: BodyLimit): Rule {
  return {
    name: 'BodySize',
    visibilityConfig: visibility('BodySize'),
    // Equal to what is inspected: a longer one is matched for being longer.
    statement: exceptOnPaths(exceptPathPrefixes, bodyLargerThan(kibibytes * 1_024)),
    action: refusal(413, answerKeys.contentTooLarge),
  };
}

function inspection(scope: WebAclProps['scope'], { kibibytes }: BodyLimit) {
  const limit = { defaultSizeInspectionLimit: `KB_${kibibytes}` };
  return { requestBody: { [scope === 'CLOUDFRONT' ? 'CLOUDFRONT' : 'API_GATEWAY']: limit } };
}

/** One rule, or two where the viewer's address is in a header: where the proof is there, and where it is not. */
function rateRules(rate: IpRateLimit, { methods, viewerAddress }: WebAclProps): Rule[] {
  const scope = [
    ...kindOfRequest(rate, methods),
    ...(rate.pathPrefixes ? [pathStartsWith(rate.pathPrefixes)] : []),
  ];
  if (viewerAddress === undefined) return [rateRule(rate, rate.name, { aggregateKeyType: 'IP' }, scope)];
  const { header, proof } = viewerAddress;
  const isProven = headerEquals(proof.header, proof.value);
  return [
    rateRule(
      rate,
      rate.name,
      {
        aggregateKeyType: 'FORWARDED_IP',
        forwardedIpConfig: { headerName: header, fallbackBehavior: 'MATCH' },
      },
      [isProven, ...scope],
    ),
    rateRule(rate, `${rate.name}Unverified`, { aggregateKeyType: 'IP' }, [
      { notStatement: { statement: isProven } },
      ...scope,
    ]),
  ];
}

function kindOfRequest({ of = 'calls' }: IpRateLimit, methods: readonly string[]): Statement[] {
  const isPreflight = methodIn(['OPTIONS']);
  if (of === 'preflights') return [isPreflight];
  return methods.includes('OPTIONS') ? [{ notStatement: { statement: isPreflight } }] : [];
}

function rateRule(
  { requests, windowSeconds }: IpRateLimit,
  name: string,
  counted: Pick<CfnWebACL.RateBasedStatementProperty, 'aggregateKeyType' | 'forwardedIpConfig'>,
  scope: readonly Statement[],
): Rule {
  return {
    name,
    visibilityConfig: visibility(name),
    statement: {
      rateBasedStatement: {
        ...counted,
        limit: requests,
        evaluationWindowSec: windowSeconds,
        ...(scope.length === 0 ? {} : { scopeDownStatement: allOf(scope) }),
      },
    },
    action: refusal(429, answerKeys.tooManyRequests, [{ name: 'Retry-After', value: String(windowSeconds) }]),
  };
}

/**
 * An answer of ours. Pages of every origin may read it, because it is the same for every caller: a header of a web ACL's
 * answer has one value, which cannot follow the origin of the page.
 */
function refusal(
  responseCode: number,
  customResponseBodyKey: string,
  headers: CfnWebACL.CustomHTTPHeaderProperty[] = [],
): CfnWebACL.RuleActionProperty {
  const responseHeaders = [
    ...headers,
    { name: 'Cache-Control', value: 'no-store' },
    { name: 'Access-Control-Allow-Origin', value: '*' },
    { name: 'Access-Control-Expose-Headers', value: 'Allow, Retry-After' },
  ];
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
      const name = `${exception.rule.replaceAll('_', '')}OutsideExceptions`;
      return {
        name,
        visibilityConfig: visibility(name),
        statement: exceptOnPaths(exception.pathPrefixes, hasLabel(labelOf(exception))),
        action: mode === 'count' ? { count: {} } : refusal(403, answerKeys.forbidden),
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
