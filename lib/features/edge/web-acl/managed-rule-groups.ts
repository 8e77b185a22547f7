import type { CfnWebACL } from 'aws-cdk-lib/aws-wafv2';

/** A rule of one of AWS's groups that does not block on some paths. */
export interface ManagedRuleException {
  readonly group: string;
  /** As AWS names it: `CrossSiteScripting_BODY`. */
  readonly rule: string;
  readonly pathPrefixes: readonly string[];
}

interface ManagedGroup {
  /** Web ACL capacity units ("AWS Managed Rules rule groups list", read in November 2026). */
  readonly capacityUnits: number;
  /** Labels of its rules begin so. */
  readonly labelNamespace: string;
  /** Rules that only count here. */
  readonly counted: readonly string[];
  readonly configuration?: CfnWebACL.ManagedRuleGroupConfigProperty;
}

/** AWS's own groups. The first five are in every web ACL: 1 175 capacity units. */
export const managedRuleGroups: Readonly<Record<string, ManagedGroup>> = {
  AWSManagedRulesAmazonIpReputationList: {
    capacityUnits: 25,
    labelNamespace: 'awswaf:managed:aws:amazon-ip-list',
    counted: [],
  },
  AWSManagedRulesAnonymousIpList: {
    capacityUnits: 50,
    labelNamespace: 'awswaf:managed:aws:anonymous-ip-list',
    // Partners' servers live at hosting providers.
    counted: ['HostingProviderIPList'],
  },
  AWSManagedRulesCommonRuleSet: {
    capacityUnits: 700,
    labelNamespace: 'awswaf:managed:aws:core-rule-set',
    // Its body limit is 8 KB and cannot be moved; the web ACL has one of its own. Programs often name no user agent.
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
    // An API's callers are programs: these three would refuse every client library.
    counted: ['CategoryHttpLibrary', 'SignalNonBrowserUserAgent', 'SignalKnownBotDataCenter'],
    configuration: { awsManagedRulesBotControlRuleSet: { inspectionLevel: 'COMMON' } },
  },
  AWSManagedRulesAntiDDoSRuleSet: {
    // Not on the page of the list; what AWS's console shows. To be checked on a first deployment.
    capacityUnits: 50,
    labelNamespace: 'awswaf:managed:aws:anti-ddos',
    counted: [],
    configuration: {
      awsManagedRulesAntiDDoSRuleSet: {
        // A challenge is a page with a script, which no client of an API runs.
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

/** Names of the groups of a web ACL, in the order in which they are asked. */
export function groupsOf(options: { readonly botControl: boolean; readonly antiDdos: boolean }): string[] {
  return [
    // A flood is recognised before anything else is paid for.
    ...(options.antiDdos ? ['AWSManagedRulesAntiDDoSRuleSet'] : []),
    ...always,
    ...(options.botControl ? ['AWSManagedRulesBotControlRuleSet'] : []),
  ];
}

/** @throws {Error} for a group that this file does not know. */
export function managedRuleGroup(name: string): ManagedGroup {
  const group = managedRuleGroups[name];
  if (group === undefined) {
    throw new Error(`${name} is no known rule group. Known: ${Object.keys(managedRuleGroups).join(', ')}.`);
  }
  return group;
}

/** The label that a rule of a group gives: `SizeRestrictions_BODY` says `…:SizeRestrictions_Body`. */
export function labelOf({ group, rule }: Pick<ManagedRuleException, 'group' | 'rule'>): string {
  const [, name = rule, part] = /^(.*)_([A-Z]+)$/.exec(rule) ?? [];
  const suffix = part === undefined ? '' : `_${labelParts[part] ?? part}`;
  return `${managedRuleGroup(group).labelNamespace}:${name}${suffix}`;
}

/** Labels write the part of the request in another case than rules do. */
const labelParts: Readonly<Record<string, string>> = {
  BODY: 'Body',
  COOKIE: 'Cookie',
  HEADER: 'Header',
  QUERYARGUMENTS: 'QueryArguments',
  QUERYSTRING: 'QueryString',
  URIPATH: 'URIPath',
};
