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
  /** Of all regions together, which the edge asks for. */
  readonly domainName: string;
  /** Of ACM, in this region. */
  readonly certificateArn: string;
  readonly hostedZone: { readonly id: string; readonly name: string };
  /** Of this region alone, by which its health is asked. */
  readonly ownDomainName: string;
  readonly healthPath: string;
  readonly region: string;
  /** To the nearest healthy region, or to the second one only while the first is not healthy. */
  readonly routing: 'latency' | 'primary' | 'secondary';
}

/**
 * One region's part in the name of all: a domain of that name here, and the records that lead to it while the region
 * answers its health route. Route 53 asks from several places every 10 seconds and takes the third failure for one; the
 * records of an alias live 60 seconds, so that a lost region is left within about two minutes.
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
        // The target of the library does not let its own health count, which failover asks for.
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
