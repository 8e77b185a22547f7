import { Duration } from 'aws-cdk-lib';
import type { IHttpApi, IStage } from 'aws-cdk-lib/aws-apigatewayv2';
import {
  AaaaRecord,
  ARecord,
  Failover,
  HealthCheck,
  HealthCheckType,
  HostedZone,
  RecordTarget,
} from 'aws-cdk-lib/aws-route53';
import { Construct } from 'constructs';
import { PublicApiDomain } from './public-api-domain.ts';

export interface RegionalRoutingProps {
  readonly httpApi: IHttpApi;
  readonly stage: IStage;
  /** Domain name that all regions share; the edge uses it. */
  readonly domainName: string;
  /** ACM certificate in this region. */
  readonly certificateArn: string;
  readonly hostedZone: { readonly id: string; readonly name: string };
  /** Domain name of this region alone, for the health check. */
  readonly ownDomainName: string;
  readonly healthPath: string;
  readonly region: string;
  /** `latency`: the nearest healthy region. `secondary`: used only while the primary region is unhealthy. */
  readonly routing: 'latency' | 'primary' | 'secondary';
}

/**
 * Routing of the shared domain name to this region: the API's custom domain, and Route 53 records that apply while the
 * region's health check passes. Route 53 checks from several places every 10 seconds and fails the region after three
 * failures; alias records have a TTL of 60 seconds, so traffic leaves a failed region within about two minutes.
 */
export class RegionalRouting extends Construct {
  constructor(scope: Construct, id: string, props: RegionalRoutingProps) {
    super(scope, id);
    const { httpApi, stage, domainName, certificateArn, hostedZone, region, routing } = props;
    const domain = new PublicApiDomain(this, 'Shared', { httpApi, stage, name: domainName, certificateArn });
    const healthCheck = new HealthCheck(this, 'Health', {
      type: HealthCheckType.HTTPS,
      fqdn: props.ownDomainName,
      resourcePath: props.healthPath,
      enableSNI: true,
      requestInterval: Duration.seconds(10),
      failureThreshold: 3,
    });
    const record = {
      zone: HostedZone.fromHostedZoneAttributes(this, 'Zone', {
        hostedZoneId: hostedZone.id,
        zoneName: hostedZone.name,
      }),
      recordName: `${domainName}.`,
      target: RecordTarget.fromAlias({
        // The alias target of the library does not evaluate target health, which failover needs.
        bind: () => ({
          dnsName: domain.target,
          hostedZoneId: domain.targetZoneId,
          evaluateTargetHealth: true,
        }),
      }),
      setIdentifier: region,
      healthCheck,
      ...(routing === 'latency'
        ? { region }
        : { failover: routing === 'primary' ? Failover.PRIMARY : Failover.SECONDARY }),
    };
    new ARecord(this, 'Address', record);
    new AaaaRecord(this, 'Address6', record);
  }
}
