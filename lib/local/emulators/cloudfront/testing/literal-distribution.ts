import { sampleDeployment } from '../../../engine/testing/literal-deployment.ts';

const cacheable = {
  TargetOriginId: 'origin',
  CachePolicyId: 'test.Shared',
  OriginRequestPolicyId: 'test.NoCookies',
  AllowedMethods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'PATCH', 'POST', 'DELETE'],
  Compress: true,
};

/** A distribution for tests: it caches `/shop/*` as the origin's headers say, with query strings in the key. */
export const sampleDistribution = (
  config: Readonly<Record<string, unknown>> = {},
  more: Readonly<Record<string, unknown>> = {},
) =>
  sampleDeployment({
    Distribution: {
      type: 'AWS::CloudFront::Distribution',
      properties: {
        DistributionConfig: {
          Enabled: true,
          DefaultCacheBehavior: {
            TargetOriginId: 'origin',
            CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
            OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
          },
          CacheBehaviors: [{ PathPattern: '/shop/*', ...cacheable, ...more }],
          Origins: [{ Id: 'origin', DomainName: 'origin.example', CustomOriginConfig: {} }],
          CustomErrorResponses: [404, 500, 502, 503, 504].map((ErrorCode) => ({
            ErrorCode,
            ErrorCachingMinTTL: 0,
          })),
          ...config,
        },
      },
    },
    Shared: {
      type: 'AWS::CloudFront::CachePolicy',
      properties: {
        CachePolicyConfig: {
          Name: 'shared',
          MinTTL: 0,
          DefaultTTL: 0,
          MaxTTL: 86_400,
          ParametersInCacheKeyAndForwardedToOrigin: {
            EnableAcceptEncodingGzip: true,
            EnableAcceptEncodingBrotli: false,
            QueryStringsConfig: { QueryStringBehavior: 'all' },
            CookiesConfig: { CookieBehavior: 'none' },
            HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['Origin'] },
          },
        },
      },
    },
    NoCookies: {
      type: 'AWS::CloudFront::OriginRequestPolicy',
      properties: {
        OriginRequestPolicyConfig: {
          Name: 'no-cookies',
          QueryStringsConfig: { QueryStringBehavior: 'all' },
          CookiesConfig: { CookieBehavior: 'none' },
          HeadersConfig: { HeaderBehavior: 'allExcept', Headers: ['host'] },
        },
      },
    },
    Decorate: {
      type: 'AWS::CloudFront::Function',
      properties: {
        FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
        FunctionCode: `async function handler(event) {
          event.response.headers['x-seen'] = { value: event.request.uri };
          return event.response;
        }`,
      },
    },
    Refuse: {
      type: 'AWS::CloudFront::Function',
      properties: {
        FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
        FunctionCode: `function handler(event) {
          if (event.request.uri === '/shop/loop') while (true);
          if (event.request.uri === '/shop/host') { event.request.headers.host = { value: 'x' }; return event.request; }
          if (event.request.uri === '/shop/ok') return event.request;
          return { statusCode: 418, headers: { 'x-a': { value: 'b' } }, body: 'no' };
        }`,
      },
    },
  });
