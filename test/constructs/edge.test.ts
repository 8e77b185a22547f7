import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { EdgeDistribution, type EdgeDistributionProps } from '../../lib/constructs/edge-distribution.ts';
import { WebAcl, type WebAclProps } from '../../lib/constructs/web-acl.ts';
import { onlyResource } from '../support/only-resource.ts';
import { newStack } from './stack.ts';

function distributionConfig(props: Partial<EdgeDistributionProps> = {}) {
  const stack = newStack('us-east-1');
  new EdgeDistribution(stack, 'Edge', {
    comment: 'An edge',
    originDomain: 'api.example',
    originHeaders: { 'x-proof': 'secret' },
    cachePatterns: ['/a/*/b', '/a/*'],
    viewerRequestCode: 'function handler(event) { return event.request; }',
    priceClass: '200',
    webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/x/1',
    ...props,
  });
  const template = Template.fromStack(stack);
  return { template, config: onlyResource(template, 'AWS::CloudFront::Distribution')['DistributionConfig'] };
}

describe('the distribution', () => {
  it('keeps the order of the cached patterns, and caches nothing else', () => {
    const { config } = distributionConfig();
    const patterns = config.CacheBehaviors.map((behavior: { PathPattern: string }) => behavior.PathPattern);
    expect(patterns).toEqual(['/a/*/b', '/a/*']);
    // CachingDisabled and AllViewerExceptHostHeader, by the ids that AWS has given them.
    expect(config.DefaultCacheBehavior).toMatchObject({
      CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
    });
  });

  it("keeps shared answers as long as they say, apart by the query and the browser's origin", () => {
    expect(onlyResource(distributionConfig().template, 'AWS::CloudFront::CachePolicy')).toMatchObject({
      CachePolicyConfig: {
        MinTTL: 0,
        DefaultTTL: 0,
        MaxTTL: 86_400,
        ParametersInCacheKeyAndForwardedToOrigin: {
          CookiesConfig: { CookieBehavior: 'none' },
          HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['Origin'] },
          QueryStringsConfig: { QueryStringBehavior: 'all' },
          EnableAcceptEncodingBrotli: true,
          EnableAcceptEncodingGzip: true,
        },
      },
    });
  });

  it('sends tokens on behind a cached path, and no cookies', () => {
    expect(onlyResource(distributionConfig().template, 'AWS::CloudFront::OriginRequestPolicy')).toMatchObject(
      {
        OriginRequestPolicyConfig: {
          HeadersConfig: { HeaderBehavior: 'allExcept', Headers: ['host'] },
          CookiesConfig: { CookieBehavior: 'none' },
          QueryStringsConfig: { QueryStringBehavior: 'all' },
        },
      },
    );
  });

  it("serves under CloudFront's name without a domain", () => {
    const { config } = distributionConfig();
    expect(config.Aliases).toBeUndefined();
    expect(config.ViewerCertificate).toBeUndefined();
    expect(config).toMatchObject({ PriceClass: 'PriceClass_200', HttpVersion: 'http2and3' });
  });

  it('serves a domain of its own with its certificate, and no TLS before 1.2', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/abc';
    const { config } = distributionConfig({ domain: { name: 'api.store.example', certificateArn } });
    expect(config.Aliases).toEqual(['api.store.example']);
    expect(config.ViewerCertificate).toEqual({
      AcmCertificateArn: certificateArn,
      MinimumProtocolVersion: 'TLSv1.2_2025',
      SslSupportMethod: 'sni-only',
    });
  });
});

function webAcl(props: Partial<WebAclProps> = {}) {
  const stack = newStack('us-east-1');
  new WebAcl(stack, 'Acl', {
    name: 'acl',
    rates: [{ name: 'All', requests: 100, windowSeconds: 300 }],
    tooManyRequestsBody: '{"status":429}',
    managedRules: 'block',
    logRetention: RetentionDays.ONE_WEEK,
    removalPolicy: RemovalPolicy.DESTROY,
    ...props,
  });
  return Template.fromStack(stack);
}

const rulesOf = (template: Template) => onlyResource(template, 'AWS::WAFv2::WebACL')['Rules'];

describe('the firewall', () => {
  it('answers 429 with Retry-After and JSON to an address over its rate', () => {
    const template = webAcl();
    expect(rulesOf(template)[0]).toMatchObject({
      Name: 'All',
      Priority: 0,
      Statement: { RateBasedStatement: { AggregateKeyType: 'IP', Limit: 100, EvaluationWindowSec: 300 } },
      Action: {
        Block: {
          CustomResponse: {
            ResponseCode: 429,
            CustomResponseBodyKey: 'TooManyRequests',
            ResponseHeaders: [
              { Name: 'Retry-After', Value: '300' },
              { Name: 'Cache-Control', Value: 'no-store' },
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

  it.each([
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
  ])('counts only requests to %j where it should', (pathPrefixes, statement) => {
    const rates = [{ name: 'Some', requests: 10, windowSeconds: 60 as const, pathPrefixes }];
    const [rule] = rulesOf(webAcl({ rates }));
    expect(rule.Statement.RateBasedStatement.ScopeDownStatement).toMatchObject(statement);
  });

  it.each([
    ['count', { Count: {} }],
    ['block', { None: {} }],
  ] as const)('lets the managed groups %s', (managedRules, override) => {
    const managed = rulesOf(webAcl({ managedRules })).slice(1);
    expect(managed).toHaveLength(5);
    for (const rule of managed) expect(rule.OverrideAction).toEqual(override);
  });

  it('only counts bodies over 8 KB, which an upload may have', () => {
    const common = rulesOf(webAcl()).find(
      (rule: { Name: string }) => rule.Name === 'AWSManagedRulesCommonRuleSet',
    );
    expect(common.Statement.ManagedRuleGroupStatement.RuleActionOverrides).toContainEqual({
      Name: 'SizeRestrictions_BODY',
      ActionToUse: { Count: {} },
    });
  });

  it('logs what it stops, without credentials', () => {
    expect(onlyResource(webAcl(), 'AWS::WAFv2::LoggingConfiguration')).toMatchObject({
      RedactedFields: [{ SingleHeader: { Name: 'authorization' } }, { SingleHeader: { Name: 'cookie' } }],
      LoggingFilter: { DefaultBehavior: 'DROP' },
      LogDestinationConfigs: [
        { 'Fn::Join': ['', expect.arrayContaining([expect.stringMatching(/log-group:aws-waf-logs-acl$/)])] },
      ],
    });
  });
});
