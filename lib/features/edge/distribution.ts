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
  /** Domain of the API behind it. */
  readonly originDomain: string;
  /** Headers that prove to the API where a request came from. */
  readonly originHeaders: Readonly<Record<string, string>>;
  /** Shown to the API, which asks for it. @default - none */
  readonly originClientCertificateArn?: string | undefined;
  /** What pages may do with the API. */
  readonly cors: CorsSettings;
  /** Path patterns of the API; of meaning where a storefront takes the other paths. */
  readonly apiPatterns: readonly string[];
  /** Path patterns whose answers may be kept, the more exact first; the answer's `Cache-Control` says for how long. */
  readonly cachePatterns: readonly string[];
  /** The partners' API, which takes `/partner/*` and gets these headers besides. @default - none */
  readonly partner?:
    | { readonly domainName: string; readonly headers: Readonly<Record<string, string>> }
    | undefined;
  /** Files, by the path prefixes that they are under. @default - none */
  readonly files?: { readonly origin: IOrigin; readonly pathPrefixes: readonly string[] } | undefined;
  /** Takes every path that is of no pattern. @default - the API does */
  readonly storefront?:
    | { readonly domainName: string; readonly failoverDomainName?: string | undefined }
    | undefined;
  /** Of pages and files. */
  readonly contentSecurityPolicy: string;
  /** Code of the viewer-request function. */
  readonly viewerRequestCode: string;
  /** What operators tell that function while it runs. */
  readonly switches: IKeyValueStore;
  readonly priceClass: '100' | '200' | 'all';
  readonly webAclArn: string;
  /** The store's own domain, with its certificate in us-east-1. @default - CloudFront's domain and certificate */
  readonly domain?: EdgeDomain | undefined;
}

export interface EdgeDomain {
  readonly name: string;
  readonly certificateArn: string;
  /** Where the name is entered. @default - somewhere else */
  readonly hostedZone?: { readonly id: string; readonly name: string } | undefined;
}

const priceClasses = {
  '100': PriceClass.PRICE_CLASS_100,
  '200': PriceClass.PRICE_CLASS_200,
  all: PriceClass.PRICE_CLASS_ALL,
} as const;

/** Errors that CloudFront would otherwise keep for ten seconds ("HTTP 4xx and 5xx status codes", CloudFront guide). */
const errorCodes = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504];

/** The distribution in front of the APIs, the files and the storefront. */
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
      // Hit rate, and how long the origin takes.
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
      'Refuses what operators say, strips internal headers, names the viewer, turns X-API-Version into the path.',
    code: FunctionCode.fromInline(props.viewerRequestCode),
    runtime: FunctionRuntime.JS_2_0,
    keyValueStore: props.switches,
  });
  const common = {
    // No redirect: a client that has sent its token in the clear should learn of it.
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
    // An execute-api domain answers to its own name only.
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
              // For as long as an object's Cache-Control says, a day without one.
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
            // CloudFront refuses writes where a second origin may be asked.
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
  if (!(resource instanceof CfnDistribution)) throw new Error('The distribution has no resource of its own.');
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

/**
 * Keeps what the origin calls public, for as long as the origin says. `Origin` is part of the key, because the API
 * answers each browser origin with CORS headers of its own.
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

/** A path may have cacheable reads beside writes, which need their token: all headers travel, cookies do not. */
function allExceptCookies(scope: Construct): OriginRequestPolicy {
  return new OriginRequestPolicy(scope, 'AllExceptCookies', {
    comment: 'All query strings and headers but Host; no cookies.',
    headerBehavior: OriginRequestHeaderBehavior.denyList('host'),
    queryStringBehavior: OriginRequestQueryStringBehavior.all(),
    cookieBehavior: OriginRequestCookieBehavior.none(),
  });
}
