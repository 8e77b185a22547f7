import type { StackProps } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import type { Construct } from 'constructs';
import { loadBalancedServices } from '../compile/load-balanced-services.ts';
import { type Configuration, pollersUseNatGateway } from '../config/index.ts';
import { InterfaceEndpoints } from '../features/network/interface-endpoints.ts';
import { Network } from '../features/network/network.ts';
import { SecurityGroups } from '../features/network/security-groups.ts';
import { GatewayStack } from './gateway-stack.ts';
import { isDeletionProtected, logRetention, removalPolicy } from './settings.ts';

export interface NetworkStackProps extends StackProps {
  readonly configuration: Configuration;
}

/** The VPC, its endpoints for AWS APIs, and the security groups. */
export class NetworkStack extends GatewayStack {
  readonly vpc: IVpc;
  readonly securityGroups: SecurityGroups;

  constructor(scope: Construct, id: string, { configuration, ...props }: NetworkStackProps) {
    const { catalogue, environment } = configuration;
    super(scope, id, {
      description: "The gateway's network: VPC, endpoints and security groups.",
      terminationProtection: isDeletionProtected(environment),
      ...props,
    });

    const { vpc } = new Network(this, 'Network', {
      cidr: environment.network.cidr,
      availabilityZones: environment.availabilityZones,
      natGateways: environment.network.natGateways,
      logRetention: logRetention(environment),
      removalPolicy: removalPolicy(environment),
    });
    this.vpc = vpc;
    this.securityGroups = new SecurityGroups(this, 'SecurityGroups', {
      vpc,
      servicePorts: loadBalancedServices(catalogue).flatMap(([, service]) =>
        service.kind === 'fargate' ? [service.port] : [],
      ),
      addresses: loadBalancedServices(catalogue).flatMap(([name, { kind, port: usual }]) =>
        kind === 'ip'
          ? (environment.addresses[name] ?? []).map(({ address, port = usual }) => ({ address, port }))
          : [],
      ),
      pollersUseNatGateway: pollersUseNatGateway(environment),
    });
    new InterfaceEndpoints(this, 'Endpoints', {
      vpc,
      zones: environment.network.endpointZones,
      securityGroup: this.securityGroups.endpoints,
      pollers: environment.events.pollers,
    });
  }
}
