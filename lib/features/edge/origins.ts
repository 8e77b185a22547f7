import { Duration } from 'aws-cdk-lib';
import {
  type CfnDistribution,
  type IOrigin,
  OriginProtocolPolicy,
  OriginSslPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, type HttpOriginProps, OriginGroup } from 'aws-cdk-lib/aws-cloudfront-origins';

const secure = {
  protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
  originSslProtocols: [OriginSslPolicy.TLS_V1_2],
  connectionAttempts: 2,
  connectionTimeout: Duration.seconds(5),
  keepaliveTimeout: Duration.seconds(60),
};

/** Origin of an API of the gateway. The API accepts only calls with the origin secret. */
export function apiOrigin(
  domainName: string,
  {
    headers,
    clientCertificateArn,
  }: { headers: Record<string, string>; clientCertificateArn?: string | undefined },
): IOrigin {
  return new CertifiedOrigin(
    domainName,
    {
      ...secure,
      customHeaders: headers,
      // Above the API's maximum: five seconds of its authorizer and 29 seconds of an integration.
      readTimeout: Duration.seconds(35),
    },
    clientCertificateArn,
  );
}

/** Origin of a web server. With a second server, CloudFront retries a failed read there. */
export function storefrontOrigin({
  domainName,
  failoverDomainName,
}: {
  readonly domainName: string;
  readonly failoverDomainName?: string | undefined;
}): IOrigin {
  const primaryOrigin = new HttpOrigin(domainName, { ...secure, readTimeout: Duration.seconds(30) });
  if (failoverDomainName === undefined) return primaryOrigin;
  return new OriginGroup({
    primaryOrigin,
    fallbackOrigin: new HttpOrigin(failoverDomainName, { ...secure, readTimeout: Duration.seconds(30) }),
    fallbackStatusCodes: [500, 502, 503, 504],
  });
}

/** The CDK has no property for the client certificate that CloudFront presents to an origin. */
class CertifiedOrigin extends HttpOrigin {
  readonly #clientCertificateArn: string | undefined;

  constructor(domainName: string, props: HttpOriginProps, clientCertificateArn: string | undefined) {
    super(domainName, props);
    this.#clientCertificateArn = clientCertificateArn;
  }

  protected override renderCustomOriginConfig(): CfnDistribution.CustomOriginConfigProperty | undefined {
    const config = super.renderCustomOriginConfig();
    if (config === undefined || this.#clientCertificateArn === undefined) return config;
    return { ...config, originMtlsConfig: { clientCertificateArn: this.#clientCertificateArn } };
  }
}
