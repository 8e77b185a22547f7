import { Duration } from 'aws-cdk-lib';
import { HeadersFrameOption, HeadersReferrerPolicy, ResponseHeadersPolicy } from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import type { CorsSettings } from '../public-api/cors-settings.ts';
import { variedHeaders } from '../public-api/response-mappings.ts';

/** Header in which an origin lists cache tags of a response, so that it can be invalidated by tag. */
export const cacheTagHeader = 'Cache-Tag';

/**
 * Headers that reveal the origin's software. CloudFront does not remove `Via`, `X-Cache` and `x-amzn-RequestId` ("Remove
 * headers", CloudFront guide).
 */
const implementationHeaders = [
  'Server',
  'X-Powered-By',
  'apigw-requestid',
  'x-amz-apigw-id',
  'X-Amzn-Trace-Id',
  cacheTagHeader,
];
/** Additional headers of S3. */
const s3Headers = ['x-amz-id-2', 'x-amz-request-id', 'x-amz-server-side-encryption', 'x-amz-version-id'];

const transport = { accessControlMaxAge: Duration.days(365), includeSubdomains: true, override: true };

/** Browser features that neither API responses nor the shop's pages need. */
const permissions = {
  header: 'Permissions-Policy',
  value: 'camera=(), geolocation=(), microphone=(), payment=(self), usb=()',
  override: false,
};

/**
 * Policy of API responses: no framing, no subresources. A response without `Cache-Control` gets `no-store`, and one without
 * `Vary` varies by every header that can select it. The CORS headers are those of the API; here they apply also to responses
 * that CloudFront creates or serves from its cache.
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

/** Policy of pages and their resources. A Content-Security-Policy of the page overrides it. */
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
