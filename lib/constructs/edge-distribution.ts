import { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginProtocolPolicy,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  OriginSslPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';

export interface EdgeDistributionProps {
  readonly comment: string;
  /** Domain of the API behind it. */
  readonly originDomain: string;
  /** Headers that prove to the origin where a request came from. */
  readonly originHeaders: Readonly<Record<string, string>>;
  /** Path patterns whose answers may be kept, the more exact first; the answer's `Cache-Control` says for how long. */
  readonly cachePatterns: readonly string[];
  /** Code of the viewer-request function. */
  readonly viewerRequestCode: string;
  readonly priceClass: '100' | '200' | 'all';
  readonly webAclArn: string;
  /** The store's own domain, with its certificate in us-east-1. @default - CloudFront's domain and certificate */
  readonly domain?: { readonly name: string; readonly certificateArn: string } | undefined;
}

const priceClasses = {
  '100': PriceClass.PRICE_CLASS_100,
  '200': PriceClass.PRICE_CLASS_200,
  all: PriceClass.PRICE_CLASS_ALL,
} as const;

/** Errors that CloudFront would otherwise keep for ten seconds ("HTTP 4xx and 5xx status codes", CloudFront guide). */
const errorCodes = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/** The distribution in front of the API. */
export class EdgeDistribution extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const viewerRequest = new EdgeFunction(this, 'ViewerRequest', {
      comment: 'Strips internal headers, names the viewer, turns X-API-Version into the path.',
      code: FunctionCode.fromInline(props.viewerRequestCode),
      runtime: FunctionRuntime.JS_2_0,
    });
    const behavior: BehaviorOptions = {
      origin: apiOrigin(props),
      allowedMethods: AllowedMethods.ALLOW_ALL,
      // No redirect: a client that has sent its token in the clear should learn of it.
      viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
      cachePolicy: CachePolicy.CACHING_DISABLED,
      // An execute-api domain answers to its own name only.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      responseHeadersPolicy: securityHeaders(this),
      compress: true,
      functionAssociations: [{ function: viewerRequest, eventType: FunctionEventType.VIEWER_REQUEST }],
    };
    const cached: BehaviorOptions = {
      ...behavior,
      cachePolicy: sharedAnswers(this),
      originRequestPolicy: allButCookies(this),
    };
    this.distribution = new Distribution(this, 'Distribution', {
      comment: props.comment,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: priceClasses[props.priceClass],
      webAclId: props.webAclArn,
      defaultBehavior: behavior,
      additionalBehaviors: Object.fromEntries(props.cachePatterns.map((pattern) => [pattern, cached])),
      errorResponses: errorCodes.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...ownDomain(this, props.domain),
    });
    acknowledgeEdge(this.distribution, props.domain);
  }
}

function ownDomain(scope: Construct, domain: EdgeDistributionProps['domain']) {
  if (domain === undefined) return {};
  return {
    domainNames: [domain.name],
    certificate: Certificate.fromCertificateArn(scope, 'Certificate', domain.certificateArn),
    minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2025,
  };
}

function acknowledgeEdge(distribution: Distribution, domain: EdgeDistributionProps['domain']): void {
  acknowledge(distribution, 'CFR1', 'The store sells to every country.');
  acknowledge(
    distribution,
    'CFR3',
    'Access is logged by standard logging v2, whose delivery is a resource beside the distribution.',
  );
  if (domain === undefined) {
    acknowledge(
      distribution,
      'CFR4',
      "Without a domain of its own the distribution serves under CloudFront's certificate, whose TLS policy is " +
        "CloudFront's choice. With edge.domain it is TLSv1.2_2025.",
    );
  }
}

function apiOrigin({ originDomain, originHeaders }: EdgeDistributionProps): HttpOrigin {
  return new HttpOrigin(originDomain, {
    customHeaders: { ...originHeaders },
    protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
    originSslProtocols: [OriginSslPolicy.TLS_V1_2],
    connectionAttempts: 2,
    connectionTimeout: Duration.seconds(5),
    // Over what the API takes at most: five seconds of its authorizer and 29 of an integration.
    readTimeout: Duration.seconds(35),
    keepaliveTimeout: Duration.seconds(60),
  });
}

/**
 * Keeps what the origin calls public, for as long as the origin says. `Origin` is part of the key, because the API
 * answers each browser origin with CORS headers of its own.
 */
function sharedAnswers(scope: Construct): CachePolicy {
  return new CachePolicy(scope, 'SharedAnswers', {
    comment: 'Public answers, as long as their Cache-Control says.',
    minTtl: Duration.seconds(0),
    defaultTtl: Duration.seconds(0),
    maxTtl: Duration.days(1),
    queryStringBehavior: CacheQueryStringBehavior.all(),
    headerBehavior: CacheHeaderBehavior.allowList('Origin'),
    cookieBehavior: CacheCookieBehavior.none(),
    enableAcceptEncodingGzip: true,
    enableAcceptEncodingBrotli: true,
  });
}

/** A path may have cacheable reads beside writes, which need their token: all headers travel, cookies do not. */
function allButCookies(scope: Construct): OriginRequestPolicy {
  return new OriginRequestPolicy(scope, 'AllButCookies', {
    comment: 'All query strings and headers but Host; no cookies.',
    headerBehavior: OriginRequestHeaderBehavior.denyList('host'),
    queryStringBehavior: OriginRequestQueryStringBehavior.all(),
    cookieBehavior: OriginRequestCookieBehavior.none(),
  });
}

function securityHeaders(scope: Construct): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(scope, 'SecurityHeaders', {
    comment: 'Security headers on every answer, and no word of what runs behind.',
    securityHeadersBehavior: {
      strictTransportSecurity: {
        accessControlMaxAge: Duration.days(365),
        includeSubdomains: true,
        override: true,
      },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      contentSecurityPolicy: {
        contentSecurityPolicy: "default-src 'none'; frame-ancestors 'none'",
        override: true,
      },
    },
    removeHeaders: ['Server', 'X-Powered-By', 'apigw-requestid'],
  });
}
