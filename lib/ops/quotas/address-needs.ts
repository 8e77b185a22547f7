import {
  numberAt,
  type RegionResources,
  refersTo,
  type TemplateResource,
  valueAt,
} from './region-resources.ts';
import { taskNeeds, whileDeploying } from './task-needs.ts';

/** Addresses that a subnet has, and the maximum that it needs. */
export interface AddressNeed {
  /** Tier of the subnet: `public`, `private` or `isolated`. */
  readonly tier: string;
  readonly need: number;
  readonly usable: number;
}

/** AWS reserves the first four addresses of a subnet and the last one ("Subnet CIDR blocks", VPC guide). */
const reservedByAws = 5;

/** Free addresses that an Application Load Balancer needs in each subnet (its guide, "Subnets"). */
const loadBalancerAddresses = 8;

/** Resource types with one interface in each of their subnets, and the property that lists them. */
const oneEach: Readonly<Record<string, readonly string[]>> = {
  'AWS::EC2::VPCEndpoint': ['SubnetIds'],
  'AWS::ApiGatewayV2::VpcLink': ['SubnetIds'],
  'AWS::ElastiCache::ServerlessCache': ['SubnetIds'],
  'AWS::EC2::NatGateway': ['SubnetId'],
};

/**
 * The addresses that each subnet needs when all services have their maximum tasks and the largest is being deployed.
 */
export function addressNeeds(region: RegionResources): AddressNeed[] {
  const subnets = region.ofType('AWS::EC2::Subnet');
  const tasks = taskNeeds(region);
  return subnets.map((subnet) => {
    const isIn = (value: unknown) => refersTo(value, subnet);
    const share = (amount: number, value: unknown) =>
      isIn(value) ? Math.ceil(amount / Math.max(1, subnets.filter((one) => refersTo(value, one)).length)) : 0;
    const single = Object.entries(oneEach).reduce(
      (sum, [type, path]) =>
        sum + region.ofType(type).filter(({ properties }) => isIn(valueAt(properties, ...path))).length,
      0,
    );
    const balancers = region
      .ofType('AWS::ElasticLoadBalancingV2::LoadBalancer')
      .filter(({ properties }) => isIn(properties['Subnets'])).length;
    const brokers = region
      .ofType('AWS::MSK::Cluster')
      .reduce(
        (sum, { properties }) =>
          sum +
          share(
            numberAt(properties, 'NumberOfBrokerNodes'),
            valueAt(properties, 'BrokerNodeGroupInfo', 'ClientSubnets'),
          ),
        0,
      );
    const databases = region
      .ofType('AWS::RDS::DBSubnetGroup')
      .reduce(
        (sum, { properties }) =>
          sum + share(region.ofType('AWS::RDS::DBInstance').length, properties['SubnetIds']),
        0,
      );
    const need =
      single +
      balancers * loadBalancerAddresses +
      brokers +
      databases +
      functionInterfaces(region).filter((interfaceIn) => interfaceIn === subnet.logicalId).length +
      whileDeploying(tasks, ({ service, tasks }) =>
        share(tasks, valueAt(service.properties, 'NetworkConfiguration', 'AwsvpcConfiguration', 'Subnets')),
      );
    return { tier: tierOf(subnet), need, usable: addressesOf(subnet) - reservedByAws };
  });
}

/**
 * Network interfaces of Lambda by logical id of the subnet. Functions with the same subnet and security groups share
 * one, for up to 65 000 connections (Lambda guide, "Hyperplane ENIs").
 */
export function functionInterfaces(region: RegionResources): string[] {
  const subnets = region.ofType('AWS::EC2::Subnet');
  const pairs = new Set(
    region.ofType('AWS::Lambda::Function').flatMap(({ properties }) => {
      const groups = JSON.stringify(valueAt(properties, 'VpcConfig', 'SecurityGroupIds') ?? []);
      return subnets
        .filter((subnet) => refersTo(valueAt(properties, 'VpcConfig', 'SubnetIds'), subnet))
        .map(({ logicalId }) => `${logicalId} ${groups}`);
    }),
  );
  return [...pairs].map((pair) => pair.slice(0, pair.indexOf(' ')));
}

function tierOf({ properties }: TemplateResource): string {
  const tags = Array.isArray(properties['Tags']) ? properties['Tags'] : [];
  return String(
    valueAt(
      tags.find((tag) => valueAt(tag, 'Key') === 'aws-cdk:subnet-name'),
      'Value',
    ),
  );
}

function addressesOf({ properties }: TemplateResource): number {
  return 2 ** (32 - Number(String(properties['CidrBlock']).split('/')[1]));
}
