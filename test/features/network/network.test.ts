import { RemovalPolicy } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { describe, expect, test } from 'vitest';
import { InterfaceEndpoints } from '../../../lib/features/network/interface-endpoints.ts';
import { Network, type NetworkProps } from '../../../lib/features/network/network.ts';
import { SecurityGroups } from '../../../lib/features/network/security-groups.ts';
import {
  all,
  availabilityZones,
  newSecurityGroup,
  newStack,
  newVpc,
  only,
} from '../../support/test-stack.ts';

describe('the network', () => {
  const network = (props: Partial<NetworkProps> = {}) => {
    const stack = newStack();
    new Network(stack, 'Network', {
      cidr: '10.9.0.0/16',
      availabilityZones,
      natGateways: 2,
      logRetention: RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
      ...props,
    });
    return Template.fromStack(stack);
  };

  test('has three kinds of subnets in the named zones, without public addresses by default', () => {
    const template = network();
    expect(template.findResources('AWS::EC2::VPC')).toMatchObject({
      Vpc: { Properties: { CidrBlock: '10.9.0.0/16' } },
    });
    const subnets = all(template, 'AWS::EC2::Subnet');
    expect(subnets).toHaveLength(9);
    for (const zone of availabilityZones) {
      expect(subnets.filter((subnet) => subnet['Properties'].AvailabilityZone === zone)).toHaveLength(3);
    }
    expect(subnets.filter((subnet) => subnet['Properties'].MapPublicIpOnLaunch)).toEqual([]);
  });

  test.each([1, 3])('has %i NAT gateways as configured', (natGateways) => {
    expect(all(network({ natGateways }), 'AWS::EC2::NatGateway')).toHaveLength(natGateways);
  });

  test('has no egress in isolated subnets', () => {
    const routes = all(network(), 'AWS::EC2::Route');
    expect(routes).toHaveLength(6);
    expect(JSON.stringify(routes)).not.toContain('isolated');
  });

  test('has flow logs of all traffic with the given retention', () => {
    const template = network({ logRetention: RetentionDays.ONE_MONTH, removalPolicy: RemovalPolicy.RETAIN });
    expect(only(template, 'AWS::EC2::FlowLog')['Properties']).toMatchObject({
      TrafficType: 'ALL',
      LogDestinationType: 'cloud-watch-logs',
    });
    expect(only(template, 'AWS::Logs::LogGroup')).toMatchObject({
      Properties: { RetentionInDays: 30 },
      DeletionPolicy: 'Retain',
    });
  });

  test('has gateway endpoints for S3 and DynamoDB', () => {
    const endpoints = all(network(), 'AWS::EC2::VPCEndpoint').map((endpoint) => endpoint['Properties']);
    expect(endpoints).toMatchObject(
      ['s3', 'dynamodb'].map((service) => ({
        VpcEndpointType: 'Gateway',
        ServiceName: { 'Fn::Join': ['', ['com.amazonaws.', { Ref: 'AWS::Region' }, `.${service}`]] },
      })),
    );
  });

  test('removes all rules of the default security group', () => {
    expect(all(network(), 'Custom::VpcRestrictDefaultSG')).toHaveLength(1);
  });
});

describe('the interface endpoints', () => {
  const always = ['appconfigdata', 'ecr.api', 'ecr.dkr', 'logs', 'secretsmanager', 'sqs'];

  test.each([
    ['provisioned', 1, always],
    ['provisioned', 3, always],
    ['provisioned', 0, []],
    ['on-demand', 0, []],
    ['on-demand', 1, [...always, 'lambda', 'sts']],
    ['on-demand', 2, [...always, 'lambda', 'sts']],
  ] as const)(
    'serve the APIs that tasks, functions and %s pollers call, to one security group, in %d zones',
    (pollers, zones, services) => {
      const stack = newStack();
      const vpc = newVpc(stack);
      const securityGroup = newSecurityGroup(stack, vpc);
      new InterfaceEndpoints(stack, 'Endpoints', { vpc, zones, securityGroup, pollers });
      const template = Template.fromStack(stack);
      const endpoints = all(template, 'AWS::EC2::VPCEndpoint').map((endpoint) => endpoint['Properties']);
      expect(endpoints.map((endpoint): string => endpoint.ServiceName).toSorted()).toEqual(
        services.map((name) => `com.amazonaws.eu-west-1.${name}`).toSorted(),
      );
      for (const endpoint of endpoints) {
        expect(endpoint).toMatchObject({ VpcEndpointType: 'Interface', PrivateDnsEnabled: true });
        expect(endpoint.SubnetIds).toHaveLength(zones);
        expect(endpoint.SecurityGroupIds).toEqual([stack.resolve(securityGroup.securityGroupId)]);
      }
      // The CDK would let in the whole VPC by itself.
      expect(all(template, 'AWS::EC2::SecurityGroupIngress')).toEqual([]);
      expect(only(template, 'AWS::EC2::SecurityGroup')['Properties'].SecurityGroupIngress).toBeUndefined();
    },
  );
});

describe('the security groups', () => {
  const stack = newStack();
  new SecurityGroups(stack, 'Groups', {
    vpc: newVpc(stack),
    servicePorts: [8080, 9090, 8080],
    addresses: [{ address: '10.9.0.7', port: 8443 }],
    pollersUseNatGateway: false,
  });
  const template = Template.fromStack(stack);
  const functions = [
    'FunctionAggregation',
    'FunctionAuth',
    'FunctionEvents',
    'FunctionMetering',
    'FunctionOriginRotation',
    'FunctionPartnerOrigin',
    'FunctionPartnerPlans',
    'FunctionPolicyValidator',
    'FunctionRevocation',
    'FunctionTopics',
    'FunctionWebhookDrain',
    'FunctionWebhooks',
  ];

  /** `From>To:ports` of every rule of one direction. */
  const rules = (type: 'Ingress' | 'Egress', own: string, peer: string) =>
    all(template, `AWS::EC2::SecurityGroup${type}`)
      .map(({ Properties: rule }) => {
        const ports = rule.FromPort === rule.ToPort ? rule.FromPort : `${rule.FromPort}-${rule.ToPort}`;
        return `${groupName(rule[own])} ${groupName(rule[peer])} ${rule.IpProtocol} ${ports}`;
      })
      .sort();
  const groupName = (reference: { 'Fn::GetAtt': [string, string] }) =>
    reference['Fn::GetAtt'][0].replace(/^Groups/, '').replace(/[0-9A-F]{8}$/, '');

  test('allow ingress from exactly these callers', () => {
    expect(rules('Ingress', 'GroupId', 'SourceSecurityGroupId')).toEqual(
      [
        'Database Services tcp 5432',
        'Endpoints Events tcp 443',
        ...functions.map((name) => `Endpoints ${name} tcp 443`),
        'Endpoints Services tcp 443',
        'Events Events tcp 9098',
        'Events FunctionMetering tcp 9098',
        'Events FunctionTopics tcp 9098',
        'Events FunctionWebhookDrain tcp 9098',
        'Events FunctionWebhooks tcp 9098',
        'Events Services tcp 9098',
        'LoadBalancer FunctionAggregation tcp 80',
        'LoadBalancer VpcLink tcp 80',
        'Services LoadBalancer tcp 8080',
        'Services LoadBalancer tcp 9090',
        'Services Services tcp 8080',
        'Services Services tcp 9090',
        ...['Aggregation', 'Auth', 'Metering', 'Revocation', 'WebhookDrain', 'Webhooks'].map(
          (name) => `LimitStore Function${name} tcp 6379-6380`,
        ),
        'LimitStore Services tcp 6379-6380',
      ].sort(),
    );
  });

  test('allow egress to exactly these groups', () => {
    expect(rules('Egress', 'GroupId', 'DestinationSecurityGroupId')).toEqual(
      [
        'Events Endpoints tcp 443',
        'Events Events tcp 9098',
        'FunctionAggregation LoadBalancer tcp 80',
        'FunctionAggregation LimitStore tcp 6379-6380',
        'FunctionAuth LimitStore tcp 6379-6380',
        'FunctionMetering Events tcp 9098',
        'FunctionMetering LimitStore tcp 6379-6380',
        'FunctionRevocation LimitStore tcp 6379-6380',
        'FunctionTopics Events tcp 9098',
        'FunctionWebhookDrain Events tcp 9098',
        'FunctionWebhookDrain LimitStore tcp 6379-6380',
        'FunctionWebhooks Events tcp 9098',
        'FunctionWebhooks LimitStore tcp 6379-6380',
        'LoadBalancer Services tcp 8080',
        'LoadBalancer Services tcp 9090',
        'Services Database tcp 5432',
        'Services Events tcp 9098',
        'Services Services tcp 8080',
        'Services Services tcp 9090',
        'Services LimitStore tcp 6379-6380',
        'VpcLink LoadBalancer tcp 80',
      ].sort(),
    );
  });

  test('allow egress of the load balancer to the addresses of external targets', () => {
    const balancer = Object.entries(template.findResources('AWS::EC2::SecurityGroup')).find(
      ([id]) => groupName({ 'Fn::GetAtt': [id, 'GroupId'] }) === 'LoadBalancer',
    );
    expect(balancer?.[1]['Properties'].SecurityGroupEgress).toEqual([
      expect.objectContaining({ CidrIp: '10.9.0.7/32', FromPort: 8443, ToPort: 8443 }),
    ]);
  });

  test('have no ingress from address ranges, and egress by HTTPS only from functions and services', () => {
    const groups = Object.entries(template.findResources('AWS::EC2::SecurityGroup'));
    expect(groups).toHaveLength(7 + functions.length);
    const open = groups.flatMap(([id, { Properties: group }]) => {
      expect(group.SecurityGroupIngress).toBeUndefined();
      return (group.SecurityGroupEgress ?? [])
        .filter((rule: { CidrIp: string }) => rule.CidrIp === '0.0.0.0/0')
        .map((rule: { FromPort: number; ToPort: number }) => [
          groupName({ 'Fn::GetAtt': [id, 'GroupId'] }),
          rule.FromPort,
          rule.ToPort,
        ]);
    });
    expect(open.map(String).sort()).toEqual(
      [...functions, 'Services'].map((name) => `${name},443,443`).sort(),
    );
  });
});
