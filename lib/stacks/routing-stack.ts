import type { StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration, Region } from '../config/index.ts';
import type { PublicApi } from '../features/public-api/public-api.ts';
import { RegionalRouting } from '../features/public-api/regional-routing.ts';
import { GatewayStack } from './gateway-stack.ts';

export interface RoutingStackProps extends StackProps {
  /** Configuration of all regions. */
  readonly globalConfiguration: Configuration;
  readonly region: Region;
  /** The public API in this region. */
  readonly publicApi: PublicApi;
}

/** Route 53 records that route the edge to this region. */
export class RoutingStack extends GatewayStack {
  constructor(
    scope: Construct,
    id: string,
    { globalConfiguration: whole, region, publicApi: gateway, ...props }: RoutingStackProps,
  ) {
    super(scope, id, { description: 'Route 53 records that route the edge to this region.', ...props });
    const { catalogue, environment } = whole;
    const { domain } = environment.api;
    const { domain: own } = region.environment.api;
    if (domain?.hostedZone === undefined || own === undefined) {
      throw new Error('Several regions need api.domain with its zone; the configuration refuses others.');
    }
    new RegionalRouting(this, 'Routing', {
      httpApi: gateway.httpApi,
      stage: gateway.stage,
      domainName: domain.name,
      certificateArn: own.certificateArn,
      hostedZone: domain.hostedZone,
      ownDomainName: own.name,
      healthPath: catalogue.healthPath,
      region: region.environment.region,
      routing: environment.regionRouting === 'latency' ? 'latency' : region.isFirst ? 'primary' : 'secondary',
    });
  }
}
