import { type IVpc, Peer, Port, SecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { databasePort } from '../database/database.ts';

export interface SecurityGroupsProps {
  readonly vpc: IVpc;
  /** TCP ports that the services listen on. */
  readonly servicePorts: readonly number[];
  /** Servers outside the services' security group that the load balancer forwards to. */
  readonly addresses: readonly { readonly address: string; readonly port: number }[];
  /** Whether event source pollers call AWS APIs by the NAT gateway instead of the interface endpoints. */
  readonly pollersUseNatGateway: boolean;
}

const http = Port.tcp(80);
const https = Port.tcp(443);
/** Ports of ElastiCache Serverless: 6379, and 6380 for reads from replicas. */
const limitStorePorts = Port.tcpRange(6379, 6380);
/** Port of IAM authentication at MSK. */
const broker = Port.tcp(9098);

const database = Port.tcp(databasePort);

/**
 * What each function may reach inside the VPC, in addition to AWS APIs: least privilege per function. Only the aggregation
 * function calls services, so only it reaches the load balancer, which trusts the decision header of a request.
 */
const functionPeers = {
  auth: ['limitStore'],
  aggregation: ['limitStore', 'loadBalancer'],
  revocation: ['limitStore'],
  webhooks: ['limitStore', 'events'],
  webhookDrain: ['limitStore', 'events'],
  metering: ['limitStore', 'events'],
  events: [],
  partnerOrigin: [],
  partnerPlans: [],
  policyValidator: [],
  originRotation: [],
  topics: ['events'],
} as const satisfies Record<string, readonly ('limitStore' | 'events' | 'loadBalancer')[]>;

export type FunctionGroupName = keyof typeof functionPeers;

/** Security groups and their rules inside the VPC. No group is open to addresses outside the VPC. */
export class SecurityGroups extends Construct {
  readonly vpcLink: SecurityGroup;
  readonly loadBalancer: SecurityGroup;
  readonly functions: Readonly<Record<FunctionGroupName, SecurityGroup>>;
  readonly services: SecurityGroup;
  readonly limitStore: SecurityGroup;
  readonly events: SecurityGroup;
  readonly database: SecurityGroup;
  readonly endpoints: SecurityGroup;

  constructor(scope: Construct, id: string, props: SecurityGroupsProps) {
    super(scope, id);
    const { vpc, servicePorts, addresses } = props;
    const group = (name: string, description: string) =>
      new SecurityGroup(this, name, { vpc, description, allowAllOutbound: false });

    this.vpcLink = group('VpcLink', 'VPC link of the HTTP API');
    this.loadBalancer = group('LoadBalancer', 'The load balancer that enforces decisions');
    this.services = group('Services', 'Tasks of the services');
    this.limitStore = group('LimitStore', 'The cache that keeps limits and revocations');
    this.database = group('Database', 'The database of the services');
    this.events = group('Events', 'The event brokers');
    this.endpoints = group('Endpoints', 'Interface endpoints of AWS services');
    const functionNames = Object.keys(functionPeers) as FunctionGroupName[];
    this.functions = Object.fromEntries(
      functionNames.map((name) => [name, group(`Function${capitalised(name)}`, `The function ${name}`)]),
    ) as Record<FunctionGroupName, SecurityGroup>;
    const functionsThatReach = (peer: 'limitStore' | 'events' | 'loadBalancer') =>
      functionNames
        .filter((name) => (functionPeers[name] as readonly string[]).includes(peer))
        .map((name) => this.functions[name]);

    allowTraffic(
      [this.vpcLink, ...functionsThatReach('loadBalancer')],
      this.loadBalancer,
      http,
      'Requests with a decision',
    );
    for (const port of new Set(servicePorts)) {
      allowTraffic([this.loadBalancer], this.services, Port.tcp(port), 'Requests and health checks');
      allowTraffic([this.services], this.services, Port.tcp(port), 'Calls between services');
    }
    for (const { address, port } of addresses) {
      this.loadBalancer.addEgressRule(
        Peer.ipv4(`${address}/32`),
        Port.tcp(port),
        'Requests and health checks of servers at known addresses',
      );
    }
    allowTraffic(
      [...functionsThatReach('limitStore'), this.services],
      this.limitStore,
      limitStorePorts,
      'Commands over TLS',
    );
    allowTraffic(
      [...functionsThatReach('events'), this.services],
      this.events,
      broker,
      'Kafka over TLS with IAM',
    );
    // Event source mappings poll from network interfaces in the brokers' security group
    // (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html).
    allowTraffic([this.events], this.events, broker, 'Pollers of event source mappings');
    if (props.pollersUseNatGateway) {
      this.events.addEgressRule(Peer.anyIpv4(), https, 'AWS APIs that those pollers call');
    } else {
      allowTraffic([this.events], this.endpoints, https, 'AWS APIs that those pollers call');
    }
    allowTraffic([this.services], this.database, database, 'Queries over TLS');
    // HTTPS is allowed to any address: token issuers and external services have no fixed addresses, and image layers come
    // from S3's public addresses through the gateway endpoint.
    for (const source of [...Object.values(this.functions), this.services]) {
      source.addEgressRule(Peer.anyIpv4(), https, 'AWS APIs, token issuers and external services');
      this.endpoints.addIngressRule(source, https, 'AWS APIs');
    }
  }
}

const capitalised = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

/** One rule per direction: egress at the client's group, ingress at the server's group. */
function allowTraffic(
  from: readonly SecurityGroup[],
  to: SecurityGroup,
  port: Port,
  description: string,
): void {
  for (const source of from) {
    to.addIngressRule(source, port, description);
    source.addEgressRule(to, port, description);
  }
}
