import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/** A managed rule that does not block on some paths. */
export interface ManagedRuleException {
  readonly group: string;
  /** Name of the rule at AWS: `CrossSiteScripting_BODY`. */
  readonly rule: string;
  readonly pathPrefixes: readonly string[];
}

interface ManagedGroup {
  /** Web ACL capacity units ("AWS Managed Rules rule groups list", read in November 2026). */
  readonly capacityUnits: number;
  /** Prefix of the labels of its rules. */
  readonly labelNamespace: string;
  /** Rules that only count. */
  readonly counted: readonly string[];
  readonly configuration?: CfnWebACL.ManagedRuleGroupConfigProperty;
}

/** AWS managed rule groups. The first five are in every web ACL: 1,175 capacity units. */
export const managedRuleGroups: Readonly<Record<string, ManagedGroup>> = {
  AWSManagedRulesAmazonIpReputationList: {
    capacityUnits: 25,
    labelNamespace: 'awswaf:managed:aws:amazon-ip-list',
    counted: [],
  },
  AWSManagedRulesAnonymousIpList: {
    capacityUnits: 50,
    labelNamespace: 'awswaf:managed:aws:anonymous-ip-list',
    // Servers of partners are at hosting providers.
    counted: ['HostingProviderIPList'],
  },
  AWSManagedRulesCommonRuleSet: {
    capacityUnits: 700,
    labelNamespace: 'awswaf:managed:aws:core-rule-set',
    // The group's body limit is fixed at 8 KB; the web ACL has a separate rule. Programs often send no user agent.
    counted: ['SizeRestrictions_BODY', 'NoUserAgent_HEADER'],
  },
  AWSManagedRulesKnownBadInputsRuleSet: {
    capacityUnits: 200,
    labelNamespace: 'awswaf:managed:aws:known-bad-inputs',
    counted: [],
  },
  AWSManagedRulesSQLiRuleSet: {
    capacityUnits: 200,
    labelNamespace: 'awswaf:managed:aws:sql-database',
    counted: [],
  },
  AWSManagedRulesBotControlRuleSet: {
    capacityUnits: 50,
    labelNamespace: 'awswaf:managed:aws:bot-control',
    // Callers of an API are programs: these three rules would block every client library.
    counted: ['CategoryHttpLibrary', 'SignalNonBrowserUserAgent', 'SignalKnownBotDataCenter'],
    configuration: { awsManagedRulesBotControlRuleSet: { inspectionLevel: 'COMMON' } },
  },
  AWSManagedRulesAntiDDoSRuleSet: {
    // The list of groups lacks these figures; they are from the AWS console. To be verified at the first deployment.
    capacityUnits: 50,
    labelNamespace: 'awswaf:managed:aws:anti-ddos',
    counted: [],
    configuration: {
      awsManagedRulesAntiDDoSRuleSet: {
        // A challenge is a page with a script, which clients of an API do not run.
        clientSideActionConfig: { challenge: { usageOfAction: 'DISABLED' } },
        sensitivityToBlock: 'LOW',
      },
    },
  },
};

const always = [
  'AWSManagedRulesAmazonIpReputationList',
  'AWSManagedRulesAnonymousIpList',
  'AWSManagedRulesCommonRuleSet',
  'AWSManagedRulesKnownBadInputsRuleSet',
  'AWSManagedRulesSQLiRuleSet',
];

/** Names of the managed rule groups of a web ACL, in evaluation order. */
export function groupsOf(options: { readonly botControl: boolean; readonly antiDdos: boolean }): string[] {
  return [
    // Blocks a flood before the groups that are billed per request.
    ...(options.antiDdos ? ['AWSManagedRulesAntiDDoSRuleSet'] : []),
    ...always,
    ...(options.botControl ? ['AWSManagedRulesBotControlRuleSet'] : []),
  ];
}

/** @throws {Error} for an unknown group. */
export function managedRuleGroup(name: string): ManagedGroup {
  const group = managedRuleGroups[name];
  if (group === undefined) {
    throw new Error(`Unknown rule group ${name}. Known: ${Object.keys(managedRuleGroups).join(', ')}.`);
  }
  return group;
}

/** Label that a rule of a group adds: `…:SizeRestrictions_Body` for `SizeRestrictions_BODY`. */
export function labelOf({ group, rule }: Pick<ManagedRuleException, 'group' | 'rule'>): string {
  const [, name = rule, part] = /^(.*)_([A-Z]+)$/.exec(rule) ?? [];
  const suffix = part === undefined ? '' : `_${labelParts[part] ?? part}`;
  return `${managedRuleGroup(group).labelNamespace}:${name}${suffix}`;
}

/** The case of the request component differs between labels and rule names. */
const labelParts: Readonly<Record<string, string>> = {
  BODY: 'Body',
  COOKIE: 'Cookie',
  HEADER: 'Header',
  QUERYARGUMENTS: 'QueryArguments',
  QUERYSTRING: 'QueryString',
  URIPATH: 'URIPath',
};
