import { ArnFormat, type RemovalPolicy, Stack } from 'aws-cdk-lib';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnLoggingConfiguration, CfnWebACL } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

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

export interface WebAclProps {
  readonly name: string;
  readonly rates: readonly AddressRate[];
  /** What an address over its rate reads, with status 429: JSON of at most 4 KB. */
  readonly tooManyRequestsBody: string;
  /** `count` watches what the managed groups would block. */
  readonly managedRules: 'count' | 'block';
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

const tooManyRequests = 'TooManyRequests';

/**
 * AWS's own groups, 1 175 of the 1 500 capacity units that a web ACL has without surcharge, with those of their
 * rules that only count here.
 */
const managedGroups: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesAmazonIpReputationList: [],
  // Partners' servers live at hosting providers.
  AWSManagedRulesAnonymousIpList: ['HostingProviderIPList'],
  // Bodies may have the 10 MB of an HTTP API, the rule allows 8 KB. Programs often name no user agent.
  AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY', 'NoUserAgent_HEADER'],
  AWSManagedRulesKnownBadInputsRuleSet: [],
  AWSManagedRulesSQLiRuleSet: [],
};

/** The firewall of a distribution: floods and known attacks end here, before they cost anything behind. */
export class WebAcl extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: WebAclProps) {
    super(scope, id);
    const rules = [
      ...props.rates.map(rateRule),
      ...Object.entries(managedGroups).map(([group, counted]) =>
        managedRule(group, counted, props.managedRules),
      ),
    ];
    const acl = new CfnWebACL(this, 'Resource', {
      scope: 'CLOUDFRONT',
      defaultAction: { allow: {} },
      visibilityConfig: visibility(props.name),
      customResponseBodies: {
        [tooManyRequests]: { contentType: 'APPLICATION_JSON', content: props.tooManyRequestsBody },
      },
      rules: rules.map((rule, priority) => ({ ...rule, priority })),
    });
    this.arn = acl.attrArn;
    logRefusals(this, props, acl);
  }
}

type Rule = Omit<CfnWebACL.RuleProperty, 'priority'>;

function rateRule({ name, requests, windowSeconds, pathPrefixes }: AddressRate): Rule {
  return {
    name,
    visibilityConfig: visibility(name),
    statement: {
      rateBasedStatement: {
        aggregateKeyType: 'IP',
        limit: requests,
        evaluationWindowSec: windowSeconds,
        ...(pathPrefixes === undefined ? {} : { scopeDownStatement: anyOf(pathPrefixes.map(pathBegins)) }),
      },
    },
    action: {
      block: {
        customResponse: {
          responseCode: 429,
          customResponseBodyKey: tooManyRequests,
          responseHeaders: [
            { name: 'Retry-After', value: String(windowSeconds) },
            { name: 'Cache-Control', value: 'no-store' },
          ],
        },
      },
    },
  };
}

function pathBegins(prefix: string): CfnWebACL.StatementProperty {
  return {
    byteMatchStatement: {
      fieldToMatch: { uriPath: {} },
      positionalConstraint: 'STARTS_WITH',
      searchString: prefix,
      // An escaped letter must not lead around the rule.
      textTransformations: [{ type: 'URL_DECODE', priority: 0 }],
    },
  };
}

/** An OR of one statement is refused. */
function anyOf(statements: CfnWebACL.StatementProperty[]): CfnWebACL.StatementProperty {
  const [first] = statements;
  return statements.length === 1 && first !== undefined ? first : { orStatement: { statements } };
}

function managedRule(group: string, counted: readonly string[], mode: WebAclProps['managedRules']): Rule {
  return {
    name: group,
    visibilityConfig: visibility(group),
    overrideAction: mode === 'count' ? { count: {} } : { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: 'AWS',
        name: group,
        ruleActionOverrides: counted.map((name) => ({ name, actionToUse: { count: {} } })),
      },
    },
  };
}

/** What was let through is in the access logs; of the rest, credentials are not written down. */
function logRefusals(scope: Construct, props: WebAclProps, acl: CfnWebACL): void {
  // AWS WAF writes to log groups of this prefix only, and takes an ARN without the `:*` that a log group's own has.
  const logGroupName = `aws-waf-logs-${props.name}`;
  const logGroupArn = Stack.of(scope).formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: logGroupName,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const logGroup = new LogGroup(scope, 'Logs', {
    logGroupName,
    retention: props.logRetention,
    removalPolicy: props.removalPolicy,
  });
  const keep = (action: string) => ({
    Behavior: 'KEEP',
    Requirement: 'MEETS_ANY',
    Conditions: [{ ActionCondition: { Action: action } }],
  });
  const logging = new CfnLoggingConfiguration(scope, 'Logging', {
    resourceArn: acl.attrArn,
    logDestinationConfigs: [logGroupArn],
    redactedFields: [{ singleHeader: { Name: 'authorization' } }, { singleHeader: { Name: 'cookie' } }],
    loggingFilter: { DefaultBehavior: 'DROP', Filters: [keep('BLOCK'), keep('COUNT')] },
  });
  logging.node.addDependency(logGroup);
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName };
}
