import type {
  CachePolicyConfig,
  OriginRequestPolicyConfig,
  ResponseHeadersPolicyConfig,
} from './cloudfront-resources.ts';

/** Policies that AWS manages, by id ("Use managed cache policies", "… origin request policies", CloudFront guide). */

const nothing = {
  QueryStringsConfig: { QueryStringBehavior: 'none' },
  CookiesConfig: { CookieBehavior: 'none' },
  HeadersConfig: { HeaderBehavior: 'none' },
} as const;
const daySeconds = 86_400;

const optimized = (encodings: boolean): CachePolicyConfig => ({
  MinTTL: 1,
  DefaultTTL: daySeconds,
  MaxTTL: 365 * daySeconds,
  ParametersInCacheKeyAndForwardedToOrigin: {
    ...nothing,
    EnableAcceptEncodingGzip: encodings,
    EnableAcceptEncodingBrotli: encodings,
  },
});

export const managedCachePolicies: Readonly<Record<string, CachePolicyConfig>> = {
  /** CachingDisabled */
  '4135ea2d-6df8-44a3-9df3-4b5a84be39ad': {
    MinTTL: 0,
    DefaultTTL: 0,
    MaxTTL: 0,
    ParametersInCacheKeyAndForwardedToOrigin: {
      ...nothing,
      EnableAcceptEncodingGzip: false,
      EnableAcceptEncodingBrotli: false,
    },
  },
  /** CachingOptimized */
  '658327ea-f89d-4fab-a63d-7e88639e58f6': optimized(true),
  /** CachingOptimizedForUncompressedObjects */
  'b2884449-e4de-46a7-ac36-70bc7f1ddd6d': optimized(false),
};

const everything = {
  QueryStringsConfig: { QueryStringBehavior: 'all' },
  CookiesConfig: { CookieBehavior: 'all' },
} as const;

export const managedOriginRequestPolicies: Readonly<Record<string, OriginRequestPolicyConfig>> = {
  /** AllViewer */
  '216adef6-5c7f-47e4-b989-5492eafa07d3': { ...everything, HeadersConfig: { HeaderBehavior: 'allViewer' } },
  /** AllViewerExceptHostHeader */
  'b689b0a8-53d0-40ab-baf2-68738e2966ac': {
    ...everything,
    HeadersConfig: { HeaderBehavior: 'allExcept', Headers: ['host'] },
  },
  /** UserAgentRefererHeaders */
  'acba4595-bd28-49b8-b9fe-13317c0390fa': {
    ...nothing,
    HeadersConfig: { HeaderBehavior: 'whitelist', Headers: ['user-agent', 'referer'] },
  },
};

export const managedResponseHeadersPolicies: Readonly<Record<string, ResponseHeadersPolicyConfig>> = {
  /** SecurityHeadersPolicy */
  '67f7725c-6f97-4210-82d7-5512b31e9d03': {
    SecurityHeadersConfig: {
      ContentTypeOptions: { Override: true },
      FrameOptions: { FrameOption: 'SAMEORIGIN', Override: false },
      ReferrerPolicy: { ReferrerPolicy: 'strict-origin-when-cross-origin', Override: false },
      StrictTransportSecurity: { AccessControlMaxAgeSec: 365 * daySeconds, Override: false },
      XSSProtection: { Protection: true, ModeBlock: true, Override: false },
    },
  },
};
