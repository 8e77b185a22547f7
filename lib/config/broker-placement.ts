import type { Environment } from './schemas/environment.ts';

/** Express brokers and MSK Serverless take three zones, no fewer (MSK guide, "Create an MSK Provisioned cluster"). */
const zonesByDefault = 3;

/**
 * In how many zones the brokers are. Each partition has one replica in each zone, so this is the replication factor too.
 */
export function brokerZonesOf({ events }: Pick<Environment, 'events'>): number {
  return events.kind === 'standard' ? events.zones : zonesByDefault;
}

/**
 * Whether event source pollers reach the APIs of Lambda, STS and SQS by the NAT gateway instead of interface endpoints.
 * On-demand pollers call them from the brokers' subnets, so those subnets then need a route to the NAT gateway; provisioned
 * pollers need neither (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html).
 */
export function pollersUseNatGateway({ events, network }: Pick<Environment, 'events' | 'network'>): boolean {
  return events.pollers === 'on-demand' && network.endpointZones === 0;
}
