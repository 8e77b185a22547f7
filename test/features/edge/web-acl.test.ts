import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { managedRuleGroups } from '../../../lib/features/edge/web-acl/managed-rule-groups.ts';
import { WebAcl } from '../../../lib/features/edge/web-acl/web-acl.ts';
import { capacityUnits, includedCapacityUnits } from '../../../lib/features/edge/web-acl/web-acl-capacity.ts';
import type { WebAclProps } from '../../../lib/features/edge/web-acl/web-acl-props.ts';
import { onlyResource } from '../../support/only-resource.ts';
import { environmentNames, type Resource, resourcesOf } from '../../support/synth.ts';
import { newStack } from '../../support/test-stack.ts';

function webAcl(props: Partial<WebAclProps> = {}) {
  const stack = newStack('us-east-1');
  new WebAcl(stack, 'Acl', {
    name: 'acl',
    rates: [{ name: 'All', requests: 100, windowSeconds: 300 }],
    scope: 'CLOUDFRONT',
    methods: ['GET', 'POST'],
    bodies: {
      tooManyRequests: '{"status":429}',
      methodNotAllowed: '{"status":405}',
      contentTooLarge: '{"status":413}',
      forbidden: '{"status":403}',
    },
    managedRules: 'block',
    logRetention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
    ...props,
  });
  return Template.fromStack(stack);
}

interface Rule extends Resource {
  readonly Name: string;
  readonly Statement: Resource;
  readonly Action: Resource;
  readonly OverrideAction: Resource;
}

const rulesOf = (template: Template): Rule[] => onlyResource(template, 'AWS::WAFv2::WebACL')['Rules'];

function ruleOf(template: Template, name: string): Rule {
  const rule = rulesOf(template).find(({ Name }) => Name === name);
  if (rule === undefined) throw new Error(`Rule ${name} not found.`);
  return rule;
}

describe('the web ACL', () => {
  test('answers 429 with Retry-After and JSON to an address over its rate limit', () => {
    const template = webAcl();
    expect(ruleOf(template, 'All')).toMatchObject({
      Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 100, EvaluationWindowSec: 300 } },
      Action: {
        Block: {
          CustomResponse: {
            ResponseCode: 429,
            CustomResponseBodyKey: 'TooManyRequests',
            ResponseHeaders: [
              { Name: 'Retry-After', Value: '300' },
              { Name: 'Cache-Control', Value: 'no-store' },
              { Name: 'Access-Control-Allow-Origin', Value: '*' },
              { Name: 'Access-Control-Expose-Headers', Value: 'Allow, Retry-After' },
            ],
          },
        },
      },
    });
    expect(onlyResource(template, 'AWS::WAFv2::WebACL')).toMatchObject({
      Scope: 'CLOUDFRONT',
      CustomResponseBodies: {
        TooManyRequests: { ContentType: 'APPLICATION_JSON', Content: '{"status":429}' },
      },
    });
  });

  test.each([
    [['/a'], { ByteMatchStatement: { SearchString: '/a' } }],
    [
      ['/a', '/b'],
      {
        OrStatement: {
          Statements: [
            { ByteMatchStatement: { SearchString: '/a' } },
            { ByteMatchStatement: { SearchString: '/b' } },
          ],
        },
      },
    ],
  ])('counts only requests to %j', (pathPrefixes, statement) => {
    const rates = [{ name: 'Some', requests: 10, windowSeconds: 60 as const, pathPrefixes }];
    const rule = ruleOf(webAcl({ rates }), 'Some');
    expect(rule.Statement['RateBasedStatement'].ScopeDownStatement).toMatchObject(statement);
  });

  test.each([
    ['count', { Count: {} }],
    ['block', { None: {} }],
  ] as const)('lets the managed groups %s', (managedRules, override) => {
    const managed = rulesOf(webAcl({ managedRules })).filter(({ Name }) => Name.startsWith('AWS'));
    expect(managed).toHaveLength(5);
    for (const rule of managed) expect(rule.OverrideAction).toEqual(override);
  });

  test('only counts bodies over 8 KB, because uploads may be larger', () => {
    const common = ruleOf(webAcl(), 'AWSManagedRulesCommonRuleSet');
    expect(common.Statement['ManagedRuleGroupStatement'].RuleActionOverrides).toContainEqual({
      Name: 'SizeRestrictions_BODY',
      ActionToUse: { Count: {} },
    });
  });

  test('logs blocked requests without credentials', () => {
    expect(onlyResource(webAcl(), 'AWS::WAFv2::LoggingConfiguration')).toMatchObject({
      RedactedFields: [
        'authorization',
        'cookie',
        'x-api-key',
        'signature',
        'x-gw-origin-secret',
        'x-gw-partner-proof',
      ].map((Name) => ({
        SingleHeader: { Name },
      })),
      LoggingFilter: { DefaultBehavior: 'DROP' },
      LogDestinationConfigs: [
        { 'Fn::Join': ['', expect.arrayContaining([expect.stringMatching(/log-group:aws-waf-logs-acl$/)])] },
      ],
    });
  });

  test('evaluates in this order: addresses, method, body, rates, managed groups', () => {
    const template = webAcl({
      addresses: { allow: ['203.0.113.0/24'], block: ['198.51.100.0/24', '2001:db8::/32'] },
      bodyLimit: { kibibytes: 32, exceptPathPrefixes: ['/hook'] },
      botControl: true,
      antiDdos: true,
      exceptions: [
        { group: 'AWSManagedRulesCommonRuleSet', rule: 'CrossSiteScripting_BODY', pathPrefixes: ['/hook'] },
      ],
    });
    expect(rulesOf(template).map(({ Name }) => Name)).toEqual([
      'BlockedAddresses',
      'AllowedAddresses',
      'Methods',
      'BodySize',
      'All',
      'AWSManagedRulesAntiDDoSRuleSet',
      'AWSManagedRulesAmazonIpReputationList',
      'AWSManagedRulesAnonymousIpList',
      'AWSManagedRulesCommonRuleSet',
      'AWSManagedRulesKnownBadInputsRuleSet',
      'AWSManagedRulesSQLiRuleSet',
      'AWSManagedRulesBotControlRuleSet',
      'CrossSiteScriptingBODYOutsideExceptions',
    ]);
    expect(rulesOf(template).map(({ Priority }) => Priority)).toEqual([...Array(13).keys()]);
  });

  test('has separate IP sets for IPv4 and IPv6', () => {
    const template = webAcl({ addresses: { allow: [], block: ['198.51.100.0/24', '2001:db8::/32'] } });
    const sets = Object.values(template.findResources('AWS::WAFv2::IPSet')).map(
      ({ Properties }) => Properties,
    );
    expect(sets.map(({ IPAddressVersion, Addresses }) => [IPAddressVersion, Addresses])).toEqual([
      ['IPV4', ['198.51.100.0/24']],
      ['IPV6', ['2001:db8::/32']],
    ]);
    expect(ruleOf(template, 'BlockedAddresses')).toMatchObject({
      Action: { Block: {} },
      Statement: {
        OrStatement: { Statements: [{ IPSetReferenceStatement: {} }, { IPSetReferenceStatement: {} }] },
      },
    });
    expect(rulesOf(template).some(({ Name }) => Name === 'AllowedAddresses')).toBe(false);
  });

  test('refuses bodies over the inspected size, except on some paths', () => {
    const template = webAcl({ bodyLimit: { kibibytes: 32, exceptPathPrefixes: ['/hook'] } });
    expect(ruleOf(template, 'BodySize')).toMatchObject({
      Action: { Block: { CustomResponse: { ResponseCode: 413 } } },
      Statement: {
        AndStatement: {
          Statements: [
            {
              SizeConstraintStatement: {
                ComparisonOperator: 'GT',
                Size: 32_768,
                FieldToMatch: { Body: { OversizeHandling: 'MATCH' } },
              },
            },
            { NotStatement: { Statement: { ByteMatchStatement: { SearchString: '/hook' } } } },
          ],
        },
      },
    });
    expect(onlyResource(template, 'AWS::WAFv2::WebACL')['AssociationConfig']).toEqual({
      RequestBody: { CLOUDFRONT: { DefaultSizeInspectionLimit: 'KB_32' } },
    });
  });

  test('answers 405 with Allow to other methods', () => {
    expect(ruleOf(webAcl(), 'Methods').Action['Block'].CustomResponse).toMatchObject({
      ResponseCode: 405,
      ResponseHeaders: expect.arrayContaining([{ Name: 'Allow', Value: 'GET, POST' }]),
    });
  });

  test.each([
    ['block', { Block: {} }],
    ['count', { Count: {} }],
  ] as const)('blocks by a label where an exception does not hold (%s)', (managedRules, action) => {
    const exception = {
      group: 'AWSManagedRulesCommonRuleSet',
      rule: 'SizeRestrictions_BODY',
      pathPrefixes: ['/hook'],
    };
    const template = webAcl({ managedRules, exceptions: [exception] });
    expect(ruleOf(template, 'SizeRestrictionsBODYOutsideExceptions')).toMatchObject({
      Action: action,
      Statement: {
        AndStatement: {
          Statements: [
            {
              LabelMatchStatement: {
                Scope: 'LABEL',
                Key: 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body',
              },
            },
            { NotStatement: {} },
          ],
        },
      },
    });
  });

  test('counts preflights in their rate limit only, so that pages can read a refusal', () => {
    const isPreflight = { ByteMatchStatement: { FieldToMatch: { Method: {} }, SearchString: 'OPTIONS' } };
    const template = webAcl({
      methods: ['GET', 'OPTIONS'],
      rates: [
        { name: 'All', requests: 100, windowSeconds: 300 },
        { name: 'Some', requests: 10, windowSeconds: 60, pathPrefixes: ['/a'] },
        { name: 'Preflights', requests: 100, windowSeconds: 300, of: 'preflights' },
      ],
    });
    const scope = (name: string) => ruleOf(template, name).Statement['RateBasedStatement'].ScopeDownStatement;
    expect(scope('All')).toMatchObject({ NotStatement: { Statement: isPreflight } });
    expect(scope('Some')).toMatchObject({
      AndStatement: {
        Statements: [
          { NotStatement: { Statement: isPreflight } },
          { ByteMatchStatement: { SearchString: '/a' } },
        ],
      },
    });
    expect(scope('Preflights')).toMatchObject(isPreflight);
  });

  test('of a regional API counts by the header for requests with the proof of the edge, and by connection otherwise', () => {
    const template = webAcl({
      scope: 'REGIONAL',
      viewerAddress: { header: 'x-viewer', proof: { header: 'x-proof', value: 'secret' } },
      addresses: { allow: [], block: ['198.51.100.0/24'] },
      bodyLimit: { kibibytes: 16, exceptPathPrefixes: [] },
    });
    const isProven = {
      ByteMatchStatement: {
        FieldToMatch: { SingleHeader: { Name: 'x-proof' } },
        PositionalConstraint: 'EXACTLY',
        SearchString: 'secret',
      },
    };
    expect(ruleOf(template, 'All').Statement['RateBasedStatement']).toMatchObject({
      AggregateKeyType: 'FORWARDED_IP',
      ForwardedIPConfig: { HeaderName: 'x-viewer', FallbackBehavior: 'MATCH' },
      ScopeDownStatement: isProven,
    });
    const unproven = ruleOf(template, 'AllUnverified').Statement['RateBasedStatement'];
    expect(unproven).toMatchObject({
      AggregateKeyType: 'IP',
      Limit: 100,
      ScopeDownStatement: { NotStatement: { Statement: isProven } },
    });
    expect(unproven).not.toHaveProperty('ForwardedIPConfig');
    expect(onlyResource(template, 'AWS::WAFv2::WebACL')).toMatchObject({
      Scope: 'REGIONAL',
      AssociationConfig: { RequestBody: { API_GATEWAY: { DefaultSizeInspectionLimit: 'KB_16' } } },
    });
    expect(onlyResource(template, 'AWS::WAFv2::IPSet')['Scope']).toBe('REGIONAL');
  });

  test('is refused with its name if it exceeds the allowed capacity', () => {
    const paths = Array.from({ length: 200 }, (_, index) => `/p${index}`);
    const rates = [{ name: 'Some', requests: 10, windowSeconds: 60 as const, pathPrefixes: paths }];
    expect(() => webAcl({ rates })).toThrow('The web ACL acl needs 1591 capacity units; 1500 are allowed.');
    expect(() => webAcl({ rates, capacityUnits: 1_600 })).not.toThrow();
    const many = Array.from({ length: 2_000 }, (_, index) => `/p${index}`);
    const tooMany = [{ name: 'Some', requests: 10, windowSeconds: 60 as const, pathPrefixes: many }];
    expect(() => webAcl({ rates: tooMany, capacityUnits: 9_000 })).toThrow('AWS allows at most 5000');
  });
});

describe('capacity units', () => {
  const bytes = (searchString: string, positionalConstraint: string, type: string) => ({
    byteMatchStatement: {
      searchString,
      positionalConstraint,
      fieldToMatch: { uriPath: {} },
      textTransformations: [{ type, priority: 0 }],
    },
  });

  test.each([
    ['one string', bytes('/a', 'STARTS_WITH', 'NONE'), 2],
    ['a string anywhere', bytes('/a', 'CONTAINS', 'NONE'), 10],
    ['a string after a transformation', bytes('/a', 'EXACTLY', 'URL_DECODE'), 12],
    [
      'two strings after the same transformation',
      {
        orStatement: {
          statements: [bytes('/a', 'EXACTLY', 'URL_DECODE'), bytes('/b', 'EXACTLY', 'URL_DECODE')],
        },
      },
      14,
    ],
    ['addresses', { ipSetReferenceStatement: { arn: 'x' } }, 1],
    ['a label', { labelMatchStatement: { key: 'x', scope: 'LABEL' } }, 1],
    ['a rate', { rateBasedStatement: { limit: 10 } }, 2],
    [
      'a rate of some paths',
      { rateBasedStatement: { scopeDownStatement: bytes('/a', 'EXACTLY', 'NONE') } },
      4,
    ],
    ['a negation', { notStatement: { statement: bytes('/a', 'EXACTLY', 'NONE') } }, 2],
    ["AWS's common rules", { managedRuleGroupStatement: { name: 'AWSManagedRulesCommonRuleSet' } }, 700],
  ])('of %s', (_, statement, units) => {
    expect(capacityUnits([{ name: 'rule', statement }])).toBe(units);
  });

  test('of an unknown statement are refused', () => {
    expect(() => capacityUnits([{ name: 'Odd', statement: { geoMatchStatement: {} } }])).toThrow('Odd');
    const group = { managedRuleGroupStatement: { name: 'AWSManagedRulesNewRuleSet' } };
    expect(() => capacityUnits([{ name: 'New', statement: group }])).toThrow('AWSManagedRulesNewRuleSet');
  });

  test.each(environmentNames)(
    'of every rule of %s are known, and within what costs nothing extra',
    (environment) => {
      for (const { resource } of resourcesOf(environment).filter(
        (one) => one.resource['Type'] === 'AWS::WAFv2::WebACL',
      )) {
        const rules = resource['Properties'].Rules.map(({ Name, Statement }: Rule) => ({
          name: Name,
          statement: camelCased(Statement),
        }));
        const groups = rules.flatMap(
          (rule: { statement: { managedRuleGroupStatement?: { name: string } } }) =>
            rule.statement.managedRuleGroupStatement === undefined
              ? []
              : [rule.statement.managedRuleGroupStatement.name],
        );
        expect(groups.filter((group: string) => !(group in managedRuleGroups))).toEqual([]);
        expect(groups.length).toBeGreaterThanOrEqual(5);
        expect(capacityUnits(rules)).toBeGreaterThan(1_175);
        expect(capacityUnits(rules)).toBeLessThanOrEqual(includedCapacityUnits);
      }
    },
  );
});

/** As the construct has them: a template's names begin with a capital. */
function camelCased(value: unknown): object {
  return JSON.parse(
    JSON.stringify(value)
      .replaceAll('"IPSet', '"IpSet')
      .replaceAll('IPConfig"', 'IpConfig"')
      .replaceAll(/"([A-Z])(\w*)":/g, (_, first: string, rest: string) => `"${first.toLowerCase()}${rest}":`),
  );
}
