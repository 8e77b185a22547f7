import { Duration } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CacheCookieBehavior,
  CacheHeaderBehavior,
  CachePolicy,
  CacheQueryStringBehavior,
  CfnDistribution,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HttpVersion,
  type IKeyValueStore,
  type IOrigin,
  OriginRequestCookieBehavior,
  OriginRequestHeaderBehavior,
  OriginRequestPolicy,
  OriginRequestQueryStringBehavior,
  PriceClass,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { AaaaRecord, ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { CloudFrontTarget } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import { acknowledge } from '../common/acknowledgements.ts';
import type { CorsSettings } from '../public-api/cors-settings.ts';
import { apiOrigin, storefrontOrigin } from './origins.ts';
import { apiHeaders, cacheTagHeader, pageHeaders } from './response-headers-policies.ts';

export interface EdgeDistributionProps {
  readonly comment: string;
  /** Domain name of the public API. */
  readonly originDomain: string;
  /** Headers that prove to the API that a request came through the edge. */
  readonly originHeaders: Readonly<Record<string, string>>;
  /** Client certificate that CloudFront presents to the API. @default - none */
  readonly originClientCertificateArn?: string | undefined;
  /** CORS settings. */
  readonly cors: CorsSettings;
  /** Path patterns of the API; used only with a storefront, which serves the other paths. */
  readonly apiPatterns: readonly string[];
  /** Path patterns of cacheable responses, the most specific first. `Cache-Control` of a response limits its lifetime. */
  readonly cachePatterns: readonly string[];
  /** The partner API under `/partner/*`, and the headers that it gets. @default - none */
  readonly partner?:
    | { readonly domainName: string; readonly headers: Readonly<Record<string, string>> }
    | undefined;
  /** Static files, by their path prefixes. @default - none */
  readonly files?: { readonly origin: IOrigin; readonly pathPrefixes: readonly string[] } | undefined;
  /** Web server of all paths without a pattern. @default - the API */
  readonly storefront?:
    | { readonly domainName: string; readonly failoverDomainName?: string | undefined }
    | undefined;
  /** Content-Security-Policy of pages and files. */
  readonly contentSecurityPolicy: string;
  /** Code of the viewer-request function. */
  readonly viewerRequestCode: string;
  /** Key-value store with the kill switches. */
  readonly switches: IKeyValueStore;
  readonly priceClass: '100' | '200' | 'all';
  readonly webAclArn: string;
  /** Domain of the shop, with its certificate in us-east-1. @default - CloudFront's domain and certificate */
  readonly domain?: EdgeDomain | undefined;
}

export interface EdgeDomain {
  readonly name: string;
  readonly certificateArn: string;
  /** Route 53 zone of the record. @default - no record: another DNS has it */
  readonly hostedZone?: { readonly id: string; readonly name: string } | undefined;
}

const priceClasses = {
  '100': PriceClass.PRICE_CLASS_100,
  '200': PriceClass.PRICE_CLASS_200,
  all: PriceClass.PRICE_CLASS_ALL,
} as const;

/** Errors that CloudFront caches for ten seconds by default ("HTTP 4xx and 5xx status codes", CloudFront guide). */
const errorCodes = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/** The CloudFront distribution in front of the APIs, the static files and the storefront. */
export class EdgeDistribution extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, props: EdgeDistributionProps) {
    super(scope, id);
    const { api, additionalBehaviors, storefront } = behaviors(this, props);
    this.distribution = new Distribution(this, 'Distribution', {
      comment: props.comment,
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: priceClasses[props.priceClass],
      webAclId: props.webAclArn,
      defaultBehavior: storefront ?? api,
      additionalBehaviors,
      // Additional metrics: cache hit rate and origin latency.
      publishAdditionalMetrics: true,
      errorResponses: errorCodes.map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...ownDomain(this, props.domain),
    });
    invalidateByTag(this.distribution);
    createAliasRecords(this, this.distribution, props.domain);
    acknowledgeFindings(this.distribution, props.domain);
  }
}

function behaviors(scope: Construct, props: EdgeDistributionProps) {
  const viewerRequest = new EdgeFunction(scope, 'ViewerRequest', {
    comment:
      'Applies kill switches, removes internal headers, adds the viewer address, turns X-API-Version into the path.',
    code: FunctionCode.fromInline(props.viewerRequestCode),
    runtime: FunctionRuntime.JS_2_0,
    keyValueStore: props.switches,
  });
  const common = {
    // No redirect from HTTP: a client that sends its token without TLS should get an error.
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
    compress: true,
    functionAssociations: [{ function: viewerRequest, eventType: FunctionEventType.VIEWER_REQUEST }],
  };
  const apiOptions = {
    headers: { ...props.originHeaders },
    clientCertificateArn: props.originClientCertificateArn,
  };
  const api: BehaviorOptions = {
    ...common,
    origin: apiOrigin(props.originDomain, apiOptions),
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    // An execute-api domain requires its name in the Host header.
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    responseHeadersPolicy: apiHeaders(scope, props.cors),
  };
  const cached: BehaviorOptions = {
    ...api,
    cachePolicy: publicResponses(scope),
    originRequestPolicy: allExceptCookies(scope),
  };
  const pages =
    props.files === undefined && props.storefront === undefined
      ? undefined
      : { ...common, responseHeadersPolicy: pageHeaders(scope, props.contentSecurityPolicy) };
  const under = (patterns: readonly string[], behavior: BehaviorOptions) =>
    Object.fromEntries(patterns.map((pattern) => [pattern, behavior]));

  return {
    api,
    additionalBehaviors: {
      ...under(props.cachePatterns, cached),
      ...(props.partner === undefined
        ? {}
        : {
            '/partner/*': {
              ...api,
              origin: apiOrigin(props.partner.domainName, {
                headers: { ...apiOptions.headers, ...props.partner.headers },
              }),
            },
          }),
      ...(props.files === undefined || pages === undefined
        ? {}
        : under(
            props.files.pathPrefixes.map((prefix) => `${prefix}*`),
            {
              ...pages,
              origin: props.files.origin,
              allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
              // Lifetime from the object's Cache-Control; one day without one.
              cachePolicy: CachePolicy.CACHING_OPTIMIZED,
            },
          )),
      ...(props.storefront === undefined ? {} : under(props.apiPatterns, api)),
    },
    storefront:
      props.storefront === undefined || pages === undefined
        ? undefined
        : {
            ...pages,
            origin: storefrontOrigin(props.storefront),
            // CloudFront refuses methods that write if an origin group has a second origin.
            allowedMethods:
              props.storefront.failoverDomainName === undefined
                ? AllowedMethods.ALLOW_ALL
                : AllowedMethods.ALLOW_GET_HEAD_OPTIONS,
            cachePolicy: CachePolicy.CACHING_DISABLED,
            originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
          },
  };
}

/** The CDK has no property for it. */
function invalidateByTag(distribution: Distribution): void {
  const resource = distribution.node.defaultChild;
  if (!(resource instanceof CfnDistribution))
    throw new Error('The default child of the distribution is not a CfnDistribution.');
  resource.addPropertyOverride('DistributionConfig.CacheTagConfig', { HeaderName: cacheTagHeader });
}

function ownDomain(scope: Construct, domain: EdgeDistributionProps['domain']) {
  if (domain === undefined) return {};
  return {
    domainNames: [domain.name],
    certificate: Certificate.fromCertificateArn(scope, 'Certificate', domain.certificateArn),
    minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2025,
  };
}

function createAliasRecords(
  scope: Construct,
  distribution: Distribution,
  domain: EdgeDistributionProps['domain'],
): void {
  if (domain?.hostedZone === undefined) return;
  const { id: hostedZoneId, name: zoneName } = domain.hostedZone;
  const record = {
    zone: HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId, zoneName }),
    recordName: `${domain.name}.`,
    target: RecordTarget.fromAlias(new CloudFrontTarget(distribution)),
  };
  new ARecord(scope, 'Address', record);
  new AaaaRecord(scope, 'Address6', record);
}

function acknowledgeFindings(distribution: Distribution, domain: EdgeDistributionProps['domain']): void {
  acknowledge(distribution, 'CFR1', 'The store sells to every country.');
  acknowledge(
    distribution,
    'CFR3',
    'Access is logged with standard logging v2, whose delivery is a separate resource.',
  );
  if (domain === undefined) {
    acknowledge(
      distribution,
      'CFR4',
      'Without a custom domain the distribution uses the certificate of CloudFront, whose TLS policy is ' +
        'fixed. With edge.domain it is TLSv1.2_2025.',
    );
  }
}

/**
 * Caches public responses for the lifetime that the origin sets. `Origin` is part of the cache key, because the API answers
 * each browser origin with different CORS headers.
 */
function publicResponses(scope: Construct): CachePolicy {
  return new CachePolicy(scope, 'PublicResponses', {
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

/** Forwards all headers and no cookies: a path may have cacheable reads and writes, which need their token. */
function allExceptCookies(scope: Construct): OriginRequestPolicy {
  return new OriginRequestPolicy(scope, 'AllExceptCookies', {
    comment: 'All query strings and headers but Host; no cookies.',
    headerBehavior: OriginRequestHeaderBehavior.denyList('host'),
    queryStringBehavior: OriginRequestQueryStringBehavior.all(),
    cookieBehavior: OriginRequestCookieBehavior.none(),
  });
}
