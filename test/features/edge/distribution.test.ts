import { RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { KeyValueStore } from 'aws-cdk-lib/aws-cloudfront';
import { describe, expect, test } from 'vitest';
import { EdgeDistribution, type EdgeDistributionProps } from '../../../lib/features/edge/distribution.ts';
import { StaticFiles } from '../../../lib/features/web/static-files.ts';
import { onlyResource } from '../../support/only-resource.ts';
import { newStack } from '../../support/test-stack.ts';

function distributionConfig(
  props: Partial<EdgeDistributionProps> = {},
  made: (stack: Stack) => Partial<EdgeDistributionProps> = () => ({}),
) {
  const stack = newStack('us-east-1');
  new EdgeDistribution(stack, 'Edge', {
    comment: 'An edge',
    originDomain: 'api.example',
    originHeaders: { 'x-proof': 'secret' },
    cachePatterns: ['/a/*/b', '/a/*'],
    apiPatterns: ['/a/*', '/v1/*'],
    cors: {
      origins: ['https://store.example'],
      methods: ['GET', 'HEAD'],
      requestHeaders: ['authorization'],
      responseHeaders: ['ETag', 'Retry-After'],
      maxAgeSeconds: 600,
    },
    contentSecurityPolicy: "default-src 'self'",
    viewerRequestCode: 'function handler(event) { return event.request; }',
    switches: new KeyValueStore(stack, 'Switches'),
    priceClass: '200',
    webAclArn: 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/x/1',
    ...props,
    ...made(stack),
  });
  const template = Template.fromStack(stack);
  return { template, config: onlyResource(template, 'AWS::CloudFront::Distribution')['DistributionConfig'] };
}

describe('the distribution', () => {
  test('keeps the order of the cached patterns, and caches no other path', () => {
    const { config } = distributionConfig();
    const patterns = config.CacheBehaviors.map((behavior: { PathPattern: string }) => behavior.PathPattern);
    expect(patterns).toEqual(['/a/*/b', '/a/*']);
    // CachingDisabled and AllViewerExceptHostHeader, by the ids that AWS has given them.
    expect(config.DefaultCacheBehavior).toMatchObject({
      CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
    });
  });

  test('caches public responses for their lifetime, by query and browser origin', () => {
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

  test('forwards tokens and no cookies on a cached path', () => {
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

  test('has the domain name of CloudFront without a custom domain', () => {
    const { config } = distributionConfig();
    expect(config.Aliases).toBeUndefined();
    expect(config.ViewerCertificate).toBeUndefined();
    expect(config).toMatchObject({ PriceClass: 'PriceClass_200', HttpVersion: 'http2and3' });
  });

  test('serves a custom domain with its certificate and TLS 1.2 at least', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/abc';
    const { config } = distributionConfig({ domain: { name: 'api.store.example', certificateArn } });
    expect(config.Aliases).toEqual(['api.store.example']);
    expect(config.ViewerCertificate).toEqual({
      AcmCertificateArn: certificateArn,
      MinimumProtocolVersion: 'TLSv1.2_2025',
      SslSupportMethod: 'sni-only',
    });
  });

  test('adds A and AAAA records to the zone of the domain', () => {
    const certificateArn = 'arn:aws:acm:us-east-1:111122223333:certificate/abc';
    const hostedZone = { id: 'Z1', name: 'store.example' };
    const { template } = distributionConfig({
      domain: { name: 'api.store.example', certificateArn, hostedZone },
    });
    const records = Object.values(template.findResources('AWS::Route53::RecordSet')).map(
      ({ Properties }) => Properties,
    );
    expect(new Set(records.map(({ Type }) => Type))).toEqual(new Set(['A', 'AAAA']));
    for (const record of records)
      expect(record).toMatchObject({ Name: 'api.store.example.', HostedZoneId: 'Z1' });
  });

  test('presents a client certificate to the API if configured', () => {
    const { config } = distributionConfig({ originClientCertificateArn: 'arn:certificate' });
    expect(config.Origins[0].CustomOriginConfig.OriginMtlsConfig).toEqual({
      ClientCertificateArn: 'arn:certificate',
    });
  });

  test('forwards partner calls to the partner API with the same function and an additional proof', () => {
    const { config } = distributionConfig({
      partner: { domainName: 'partner.example', headers: { 'x-more-proof': 'other' } },
    });
    const behavior = config.CacheBehaviors.find((one: Behavior) => one.PathPattern === '/partner/*');
    const origin = config.Origins.find((one: Origin) => one.Id === behavior.TargetOriginId);
    expect(origin).toMatchObject({
      DomainName: 'partner.example',
      OriginCustomHeaders: [
        { HeaderName: 'x-proof', HeaderValue: 'secret' },
        { HeaderName: 'x-more-proof', HeaderValue: 'other' },
      ],
    });
    expect(behavior).toMatchObject({
      ...config.DefaultCacheBehavior,
      PathPattern: '/partner/*',
      TargetOriginId: origin.Id,
    });
  });

  test('reads files from a bucket that has no other reader', () => {
    const { template, config } = distributionConfig({}, (stack) => ({
      files: {
        origin: new StaticFiles(stack, 'Static', { removalPolicy: RemovalPolicy.RETAIN }).origin,
        pathPrefixes: ['/assets/'],
      },
    }));
    const behavior = config.CacheBehaviors.find((one: Behavior) => one.PathPattern === '/assets/*');
    const origin = config.Origins.find((one: Origin) => one.Id === behavior.TargetOriginId);
    expect(behavior).toMatchObject({ AllowedMethods: ['GET', 'HEAD'], Compress: true });
    expect(origin.OriginAccessControlId).toBeDefined();
    expect(onlyResource(template, 'AWS::CloudFront::OriginAccessControl')).toMatchObject({
      OriginAccessControlConfig: { SigningBehavior: 'always', SigningProtocol: 'sigv4' },
    });
    const statements = onlyResource(template, 'AWS::S3::BucketPolicy')['PolicyDocument'].Statement;
    expect(statements).toContainEqual(
      expect.objectContaining({
        Action: 's3:GetObject',
        Effect: 'Allow',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceArn': expect.anything() } },
      }),
    );
  });

  test('sets the content security policy on pages, not on API responses', () => {
    const { template, config } = distributionConfig({ storefront: { domainName: 'www.store.example' } });
    const policyOf = (behavior: { ResponseHeadersPolicyId: { Ref: string } }) =>
      template.findResources('AWS::CloudFront::ResponseHeadersPolicy')[
        behavior.ResponseHeadersPolicyId.Ref
      ]?.['Properties'].ResponseHeadersPolicyConfig;
    const pages = policyOf(config.DefaultCacheBehavior);
    const api = policyOf(config.CacheBehaviors.find((one: Behavior) => one.PathPattern === '/v1/*'));
    expect(pages.SecurityHeadersConfig.ContentSecurityPolicy).toEqual({
      ContentSecurityPolicy: "default-src 'self'",
      Override: false,
    });
    expect(api.SecurityHeadersConfig.ContentSecurityPolicy).toBeUndefined();
    for (const policy of [pages, api]) {
      const removed = policy.RemoveHeadersConfig.Items.map(({ Header }: { Header: string }) => Header);
      expect(removed).toEqual(
        expect.arrayContaining(['Server', 'X-Powered-By', 'apigw-requestid', 'Cache-Tag']),
      );
      expect(removed.length).toBeLessThanOrEqual(10);
      expect(policy.CustomHeadersConfig.Items[0].Header).toBe('Permissions-Policy');
    }
  });

  test('forwards other paths to the storefront, and retries reads at the second one', () => {
    const { config } = distributionConfig({
      storefront: { domainName: 'www.store.example', failoverDomainName: 'www2.store.example' },
    });
    expect(config.CacheBehaviors.map((one: Behavior) => one.PathPattern)).toEqual([
      '/a/*/b',
      '/a/*',
      '/v1/*',
    ]);
    expect(config.DefaultCacheBehavior.AllowedMethods).toEqual(['GET', 'HEAD', 'OPTIONS']);
    const [group] = config.OriginGroups.Items;
    expect(config.DefaultCacheBehavior.TargetOriginId).toBe(group.Id);
    expect(group.FailoverCriteria.StatusCodes.Items).toEqual([500, 502, 503, 504]);
    const names = group.Members.Items.map(
      ({ OriginId }: { OriginId: string }) =>
        config.Origins.find((one: Origin) => one.Id === OriginId).DomainName,
    );
    expect(names).toEqual(['www.store.example', 'www2.store.example']);
    for (const origin of config.Origins.filter((one: Origin) => names.includes(one.DomainName)))
      expect(origin.OriginCustomHeaders, 'the proof is for the APIs alone').toBeUndefined();
  });

  test('supports invalidation by tag', () => {
    expect(distributionConfig().config.CacheTagConfig).toEqual({ HeaderName: 'Cache-Tag' });
  });
});

interface Behavior {
  readonly PathPattern: string;
}

interface Origin {
  readonly Id: string;
  readonly DomainName: string;
}
