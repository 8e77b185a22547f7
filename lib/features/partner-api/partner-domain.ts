import { DomainName, EndpointType, type RestApi, SecurityPolicy } from 'aws-cdk-lib/aws-apigateway';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { partnerStage } from '../../../runtime/contracts/gateway-contract.ts';

export interface PartnerDomainProps {
  readonly restApi: RestApi;
  readonly name: string;
  readonly certificateArn: string;
  /** Location of the CA certificates, as PEM. */
  readonly trustStore: {
    readonly bucket: string;
    readonly key: string;
    readonly version?: string | undefined;
  };
}

/** Custom domain of the partner API with mutual TLS. Paths are the same as at the edge. */
export class PartnerDomain extends Construct {
  /** Target of the domain's DNS record. */
  readonly target: string;

  constructor(
    scope: Construct,
    id: string,
    { restApi, name, certificateArn, trustStore }: PartnerDomainProps,
  ) {
    super(scope, id);
    const { bucket, key, version } = trustStore;
    const domain = new DomainName(this, 'Domain', {
      domainName: name,
      certificate: Certificate.fromCertificateArn(this, 'Certificate', certificateArn),
      endpointType: EndpointType.REGIONAL,
      securityPolicy: SecurityPolicy.TLS_1_2,
      mtls: {
        bucket: Bucket.fromBucketName(this, 'TrustStore', bucket),
        key,
        ...(version === undefined ? {} : { version }),
      },
    });
    domain.addBasePathMapping(restApi, { basePath: partnerStage, stage: restApi.deploymentStage });
    this.target = domain.domainNameAliasDomainName;
  }
}
