import {
  ApiMapping,
  DomainName,
  type IHttpApi,
  type IStage,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { AaaaRecord, ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

export interface PublicApiDomainProps {
  readonly httpApi: IHttpApi;
  readonly stage: IStage;
  readonly name: string;
  /** ACM certificate in the API's region. */
  readonly certificateArn: string;
  /** Route 53 zone of the record. @default - no record: another DNS has it */
  readonly hostedZone?: { readonly id: string; readonly name: string } | undefined;
  /** CA certificates as PEM: callers must present a client certificate that one of them has signed. @default - no mutual TLS */
  readonly trustStore?:
    | { readonly bucket: string; readonly key: string; readonly version?: string | undefined }
    | undefined;
}

/** Custom domain of the public API in its region, behind the edge, with TLS 1.2 at least. */
export class PublicApiDomain extends Construct {
  /** Target of the domain's DNS record, and the zone of the target, as alias records name them. */
  readonly target: string;
  readonly targetZoneId: string;

  constructor(scope: Construct, id: string, props: PublicApiDomainProps) {
    super(scope, id);
    const domain = new DomainName(this, 'Domain', {
      domainName: props.name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', props.certificateArn),
      securityPolicy: SecurityPolicy.TLS_1_2,
      ...(props.trustStore === undefined ? {} : { mtls: this.#trust(props.trustStore) }),
    });
    new ApiMapping(this, 'Mapping', { api: props.httpApi, domainName: domain, stage: props.stage });
    this.target = domain.regionalDomainName;
    this.targetZoneId = domain.regionalHostedZoneId;
    if (props.hostedZone !== undefined) {
      const { id: hostedZoneId, name: zoneName } = props.hostedZone;
      const record = {
        zone: HostedZone.fromHostedZoneAttributes(this, 'Zone', { hostedZoneId, zoneName }),
        recordName: `${props.name}.`,
        target: RecordTarget.fromAlias(
          new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId),
        ),
      };
      new ARecord(this, 'Address', record);
      new AaaaRecord(this, 'Address6', record);
    }
  }

  #trust({ bucket, key, version }: NonNullable<PublicApiDomainProps['trustStore']>) {
    return {
      bucket: Bucket.fromBucketName(this, 'TrustStore', bucket),
      key,
      ...(version === undefined ? {} : { version }),
    };
  }
}
