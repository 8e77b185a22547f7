import { Duration } from 'aws-cdk-lib';
import { HeadersFrameOption, HeadersReferrerPolicy, ResponseHeadersPolicy } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import type { CorsSettings } from '../public-api/cors-settings.ts';
import { variedHeaders } from '../public-api/response-mappings.ts';

/** Header by which an origin names what an answer is made of, so that it can be invalidated by name. */
export const cacheTagHeader = 'Cache-Tag';

/**
 * Headers that tell what runs behind. `Via`, `X-Cache` and `x-amzn-RequestId` are not among them, because CloudFront
 * writes or keeps those itself ("Remove headers", CloudFront guide).
 */
const implementationHeaders = [
  'Server',
  'X-Powered-By',
  'apigw-requestid',
  'x-amz-apigw-id',
  'X-Amzn-Trace-Id',
  cacheTagHeader,
];
/** Those of S3 besides. */
const s3Headers = ['x-amz-id-2', 'x-amz-request-id', 'x-amz-server-side-encryption', 'x-amz-version-id'];

const transport = { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true };

/** Neither answers of an API nor the store's pages need these of a browser. */
const permissions = {
  header: 'Permissions-Policy',
  value: 'camera=(), geolocation=(), microphone=(), payment=(self), usb=()',
  override: false,
};

/**
 * For answers of the API: nobody frames them, nothing follows from them. An answer that says nothing of caches is
 * `no-store`, and one that says nothing of what chose it varies by all that can. The CORS headers are those of the API;
 * here they reach the answers, too, that the API does not give: CloudFront's own, and what it serves from its cache.
 */
export function apiHeaders(scope: Construct, cors: CorsSettings): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'SecurityHeaders', {
    comment: 'Security headers on every answer, and no word of what runs behind.',
    securityHeadersBehavior: {
      strictTransportSecurity: transport,
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
    },
    corsBehavior: {
      accessControlAllowCredentials: false,
      accessControlAllowOrigins: [...cors.origins],
      accessControlAllowMethods: [...cors.methods],
      accessControlAllowHeaders: [...cors.requestHeaders],
      accessControlExposeHeaders: [...cors.responseHeaders],
      accessControlMaxAge: Duration.seconds(cors.maxAgeSeconds),
      originOverride: true,
    },
    customHeadersBehavior: {
      customHeaders: [
        permissions,
        { header: 'Cache-Control', value: 'no-store', override: false },
        { header: 'Vary', value: variedHeaders, override: false },
      ],
    },
    removeHeaders: implementationHeaders,
  });
}

/** For pages and what they load. A policy that the page itself brings stands. */
export function pageHeaders(scope: Construct, contentSecurityPolicy: string): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'PageHeaders', {
    comment: 'Security headers of pages, and no word of what runs behind.',
    securityHeadersBehavior: {
      strictTransportSecurity: transport,
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.SAMEORIGIN, override: false },
      referrerPolicy: {
        referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN,
        override: false,
      },
      contentSecurityPolicy: { contentSecurityPolicy, override: false },
    },
    customHeadersBehavior: { customHeaders: [permissions] },
    removeHeaders: [...implementationHeaders, ...s3Headers],
  });
}
