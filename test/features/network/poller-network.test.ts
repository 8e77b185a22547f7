import { Template } from 'aws-cdk-lib/assertions';
import { CfnRoute, type ISubnet } from 'aws-cdk-lib/aws-ec2';
import { CfnCluster, CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import type { IConstruct } from 'constructs';
import { describe, expect, test } from 'vitest';
import { type EnvironmentInput, loadConfiguration } from '../../../lib/config/index.ts';
import { DataStack } from '../../../lib/stacks/data-stack.ts';
import { NetworkStack } from '../../../lib/stacks/network-stack.ts';
import { scratchFolder } from '../../support/scratch.ts';
import { newApp, stubBundles } from '../../support/synth.ts';
import { all } from '../../support/test-stack.ts';

type Events = EnvironmentInput['events'];

const kinds: readonly Events[] = [
  { kind: 'standard', brokerType: 'kafka.t3.small', zones: 2, brokers: 2, storageGb: 10, maxStorageGb: 20 },
  { kind: 'standard', brokerType: 'kafka.t3.small', zones: 3, brokers: 3, storageGb: 10, maxStorageGb: 20 },
  { kind: 'express', brokerType: 'express.m7g.large', brokers: 3 },
  { kind: 'serverless' },
];

const cases = kinds.flatMap((events) =>
  (['on-demand', 'provisioned'] as const).flatMap((pollers) =>
    [0, 1, 3].map((endpointZones) => {
      const zones = events.kind === 'standard' ? (events.zones ?? 3) : 3;
      return { kind: events.kind, zones, pollers, endpointZones, events: { ...events, pollers } };
    }),
  ),
);

/** Event source pollers have the brokers' subnets and security group, so these decide what the pollers reach. */
function pollerNetwork(events: Events, endpointZones: number) {
  const configuration = loadConfiguration('dev', {
    events,
    network: { cidr: '10.20.0.0/16', natGateways: 1, endpointZones },
  });
  const app = newApp(scratchFolder('pollers'));
  const env = { region: configuration.environment.region };
  const network = new NetworkStack(app, 'Network', { env, configuration });
  const data = new DataStack(app, 'Data', { env, configuration, bundles: stubBundles(), network });
  const ids = clientSubnetIds(data);
  const { publicSubnets, privateSubnets, isolatedSubnets } = network.vpc;
  const subnets = [...publicSubnets, ...privateSubnets, ...isolatedSubnets].filter(({ subnetId }) =>
    ids.includes(subnetId),
  );
  const template = Template.fromStack(network);
  const brokersGroup = network.resolve(network.securityGroups.events.securityGroupId);
  const endpointsGroup = network.resolve(network.securityGroups.endpoints.securityGroupId);
  return {
    subnets,
    publicSubnets,
    haveRouteToNatGateway: subnets.map(hasRouteToNatGateway),
    endpoints: all(template, 'AWS::EC2::VPCEndpoint')
      .filter(({ Properties }) => Properties.VpcEndpointType === 'Interface')
      .map(({ Properties }) => String(Properties.ServiceName).split('.').at(-1)),
    mayReachEndpoints: all(template, 'AWS::EC2::SecurityGroupEgress').some(
      ({ Properties }) =>
        same(Properties.GroupId, brokersGroup) && same(Properties.DestinationSecurityGroupId, endpointsGroup),
    ),
    mayLeave: Object.entries(template.findResources('AWS::EC2::SecurityGroup')).some(
      ([id, { Properties }]) =>
        same({ 'Fn::GetAtt': [id, 'GroupId'] }, brokersGroup) &&
        same(
          Properties.SecurityGroupEgress?.map(({ CidrIp, FromPort, ToPort }: Record<string, unknown>) => [
            CidrIp,
            FromPort,
            ToPort,
          ]),
          [['0.0.0.0/0', 443, 443]],
        ),
    ),
  };
}

function clientSubnetIds(data: IConstruct): readonly string[] {
  return data.node.findAll().flatMap((construct) => {
    if (construct instanceof CfnServerlessCluster) {
      return (construct.vpcConfigs as CfnServerlessCluster.VpcConfigProperty[]).flatMap(
        (one) => one.subnetIds,
      );
    }
    if (!(construct instanceof CfnCluster)) return [];
    const group = construct.brokerNodeGroupInfo as CfnCluster.BrokerNodeGroupInfoProperty;
    // Without it MSK gives brokers no public addresses.
    expect(group.connectivityInfo).toBeUndefined();
    return group.clientSubnets;
  });
}

const hasRouteToNatGateway = (subnet: ISubnet) =>
  subnet.node.findAll().some((part) => part instanceof CfnRoute && part.natGatewayId !== undefined);

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

describe.each(cases)(
  '$pollers pollers of $kind brokers in $zones zones with endpoints in $endpointZones',
  ({ events, zones, pollers, endpointZones }) => {
    const network = pollerNetwork(events, endpointZones);
    const needNatGateway = pollers === 'on-demand' && endpointZones === 0;

    test('stand in subnets of as many different zones, none of them public', () => {
      expect(network.subnets).toHaveLength(zones);
      expect(new Set(network.subnets.map(({ availabilityZone }) => availabilityZone)).size).toBe(zones);
      expect(network.subnets.filter((subnet) => network.publicSubnets.includes(subnet))).toEqual([]);
    });

    test('reach Lambda, STS and SQS in exactly one way if they are on-demand pollers', () => {
      const byEndpoints =
        network.mayReachEndpoints &&
        ['lambda', 'sts', 'sqs'].every((service) => network.endpoints.includes(service));
      const byNatGateway = network.mayLeave && network.haveRouteToNatGateway.every(Boolean);
      expect({ byEndpoints, byNatGateway }).toEqual({
        byEndpoints: pollers === 'on-demand' && endpointZones > 0,
        byNatGateway: needNatGateway,
      });
    });

    test('have no way to the internet unless the NAT gateway is that one way', () => {
      expect(network.mayLeave).toBe(needNatGateway);
      expect(network.haveRouteToNatGateway).toEqual(network.subnets.map(() => needNatGateway));
    });
  },
);

test('refuses an environment that has neither interface endpoints nor a NAT gateway', () => {
  const network = { cidr: '10.20.0.0/16', natGateways: 0, endpointZones: 0 };
  expect(() => loadConfiguration('dev', { network })).toThrow(
    'environments/dev.network.natGateways: is less than 1.',
  );
});
