import { z } from 'zod';
import { boolean, nested, number, resourceType } from '../../engine/resource-type.ts';

/** The emulated properties of CloudFront resources. The local run refuses to start with any other property. */

const behavior = {
  TargetOriginId: z.string(),
  CachePolicyId: z.string(),
  OriginRequestPolicyId: z.string().optional(),
  ResponseHeadersPolicyId: z.string().optional(),
  AllowedMethods: z.array(z.string()).default(['GET', 'HEAD']),
  // CloudFront can cache OPTIONS too; no template uses that.
  CachedMethods: z.array(z.enum(['GET', 'HEAD'])).optional(),
  Compress: boolean.default(false),
  FunctionAssociations: z
    .array(
      z.strictObject({ EventType: z.enum(['viewer-request', 'viewer-response']), FunctionARN: z.string() }),
    )
    .optional(),
};
/** The local edge has no TLS; it treats every request as HTTPS. */
const behaviorIgnored = ['ViewerProtocolPolicy', 'SmoothStreaming'];

const origin = nested(
  {
    Id: z.string(),
    DomainName: z.string(),
    OriginPath: z.string().optional(),
    OriginCustomHeaders: z
      .array(z.strictObject({ HeaderName: z.string(), HeaderValue: z.string() }))
      .optional(),
    CustomOriginConfig: nested({ OriginReadTimeout: number.default(30) }, [
      'HTTPPort',
      'HTTPSPort',
      'IpAddressType',
      'OriginKeepaliveTimeout',
      'OriginProtocolPolicy',
      'OriginSSLProtocols',
      // Local connections have no TLS and so no client certificate.
      'OriginMtlsConfig',
    ]).optional(),
    /** An S3 bucket. The local bucket does not check the signature of origin access control. */
    S3OriginConfig: nested({}, ['OriginAccessIdentity']).optional(),
  },
  // A loopback connection succeeds or fails at once, and there is one cache.
  ['ConnectionAttempts', 'ConnectionTimeout', 'OriginShield', 'OriginAccessControlId'],
);

/** An origin group: the second origin receives read requests that the first one fails. */
const originGroup = z.strictObject({
  Id: z.string(),
  FailoverCriteria: z.strictObject({
    StatusCodes: z.strictObject({ Items: z.array(number), Quantity: number }),
  }),
  Members: z.strictObject({
    Items: z.array(z.strictObject({ OriginId: z.string() })).length(2, 'must have two members.'),
    Quantity: number,
  }),
});

export const distributionType = resourceType({
  type: 'AWS::CloudFront::Distribution',
  emulated: {
    DistributionConfig: nested(
      {
        Enabled: z.literal(true),
        DefaultCacheBehavior: nested(behavior, behaviorIgnored),
        CacheBehaviors: z.array(nested({ PathPattern: z.string(), ...behavior }, behaviorIgnored)).optional(),
        Origins: z.array(origin),
        OriginGroups: z.strictObject({ Items: z.array(originGroup), Quantity: number }).optional(),
        CacheTagConfig: z.strictObject({ HeaderName: z.string() }).optional(),
        CustomErrorResponses: z
          .array(z.strictObject({ ErrorCode: number, ErrorCachingMinTTL: number.default(10) }))
          .optional(),
        WebACLId: z.string().optional(),
      },
      [
        'Aliases',
        'Comment',
        'HttpVersion',
        'IPV6Enabled',
        'Logging',
        'PriceClass',
        'Staging',
        'ViewerCertificate',
      ],
    ),
  },
  ignored: { Tags: 'tags have no effect locally' },
});

export type DistributionConfig = z.output<typeof distributionType.emulated.DistributionConfig>;

export const functionType = resourceType({
  type: 'AWS::CloudFront::Function',
  emulated: {
    FunctionCode: z.string(),
    FunctionConfig: nested(
      {
        Runtime: z.enum(['cloudfront-js-1.0', 'cloudfront-js-2.0']),
        KeyValueStoreAssociations: z
          .array(z.strictObject({ KeyValueStoreARN: z.string() }))
          .max(1, 'a function can have only one key-value store.')
          .optional(),
      },
      ['Comment'],
    ),
  },
  ignored: {
    Name: 'the name has no effect locally',
    AutoPublish: 'the local run uses the code of the template',
    FunctionMetadata: 'tags have no effect locally',
    Tags: 'tags have no effect locally',
  },
});

export const keyValueStoreType = resourceType({
  type: 'AWS::CloudFront::KeyValueStore',
  emulated: {},
  ignored: {
    Name: 'the name has no effect locally',
    Comment: 'descriptive text has no effect locally',
    Tags: 'tags have no effect locally',
  },
});

const queryStrings = z.discriminatedUnion('QueryStringBehavior', [
  z.strictObject({ QueryStringBehavior: z.enum(['none', 'all']) }),
  z.strictObject({
    QueryStringBehavior: z.enum(['whitelist', 'allExcept']),
    QueryStrings: z.array(z.string()),
  }),
]);
const cookies = z.discriminatedUnion('CookieBehavior', [
  z.strictObject({ CookieBehavior: z.enum(['none', 'all']) }),
  z.strictObject({ CookieBehavior: z.enum(['whitelist', 'allExcept']), Cookies: z.array(z.string()) }),
]);

export const cachePolicyType = resourceType({
  type: 'AWS::CloudFront::CachePolicy',
  emulated: {
    CachePolicyConfig: nested(
      {
        MinTTL: number,
        DefaultTTL: number,
        MaxTTL: number,
        ParametersInCacheKeyAndForwardedToOrigin: nested({
          EnableAcceptEncodingGzip: boolean,
          EnableAcceptEncodingBrotli: boolean.default(false),
          QueryStringsConfig: queryStrings,
          CookiesConfig: cookies,
          HeadersConfig: z.discriminatedUnion('HeaderBehavior', [
            z.strictObject({ HeaderBehavior: z.literal('none') }),
            z.strictObject({ HeaderBehavior: z.literal('whitelist'), Headers: z.array(z.string()) }),
          ]),
        }),
      },
      ['Name', 'Comment'],
    ),
  },
  ignored: {},
});
export type CachePolicyConfig = z.output<typeof cachePolicyType.emulated.CachePolicyConfig>;

export const originRequestPolicyType = resourceType({
  type: 'AWS::CloudFront::OriginRequestPolicy',
  emulated: {
    OriginRequestPolicyConfig: nested(
      {
        QueryStringsConfig: queryStrings,
        CookiesConfig: cookies,
        HeadersConfig: z.discriminatedUnion('HeaderBehavior', [
          z.strictObject({ HeaderBehavior: z.enum(['none', 'allViewer']) }),
          z.strictObject({
            HeaderBehavior: z.enum(['whitelist', 'allExcept', 'allViewerAndWhitelistCloudFront']),
            Headers: z.array(z.string()),
          }),
        ]),
      },
      ['Name', 'Comment'],
    ),
  },
  ignored: {},
});
export type OriginRequestPolicyConfig = z.output<
  typeof originRequestPolicyType.emulated.OriginRequestPolicyConfig
>;

const Override = boolean;

export const responseHeadersPolicyType = resourceType({
  type: 'AWS::CloudFront::ResponseHeadersPolicy',
  emulated: {
    ResponseHeadersPolicyConfig: nested(
      {
        CorsConfig: z
          .strictObject({
            AccessControlAllowCredentials: boolean,
            AccessControlAllowOrigins: z.strictObject({ Items: z.array(z.string()) }),
            AccessControlAllowMethods: z.strictObject({ Items: z.array(z.string()) }),
            AccessControlAllowHeaders: z.strictObject({ Items: z.array(z.string()) }),
            AccessControlExposeHeaders: z.strictObject({ Items: z.array(z.string()) }).optional(),
            AccessControlMaxAgeSec: number.optional(),
            OriginOverride: boolean,
          })
          .optional(),
        CustomHeadersConfig: nested({
          Items: z.array(z.strictObject({ Header: z.string(), Value: z.string(), Override })),
        }).optional(),
        RemoveHeadersConfig: nested({ Items: z.array(z.strictObject({ Header: z.string() })) }).optional(),
        SecurityHeadersConfig: nested({
          ContentSecurityPolicy: z.strictObject({ ContentSecurityPolicy: z.string(), Override }).optional(),
          ContentTypeOptions: z.strictObject({ Override }).optional(),
          FrameOptions: z.strictObject({ FrameOption: z.string(), Override }).optional(),
          ReferrerPolicy: z.strictObject({ ReferrerPolicy: z.string(), Override }).optional(),
          StrictTransportSecurity: z
            .strictObject({
              AccessControlMaxAgeSec: number,
              IncludeSubdomains: boolean.optional(),
              Preload: boolean.optional(),
              Override,
            })
            .optional(),
          XSSProtection: z
            .strictObject({
              Protection: boolean,
              ModeBlock: boolean.optional(),
              ReportUri: z.string().optional(),
              Override,
            })
            .optional(),
        }).optional(),
      },
      ['Name', 'Comment'],
    ),
  },
  ignored: {},
});
export type ResponseHeadersPolicyConfig = z.output<
  typeof responseHeadersPolicyType.emulated.ResponseHeadersPolicyConfig
>;
