import {
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  SubnetType,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';

export interface InterfaceEndpointsProps {
  readonly vpc: IVpc;
  /** Number of zones with an endpoint, from the first zone on; 0 for none. */
  readonly zones: number;
  /** Adds the clients of the endpoints to the security groups. */
  readonly securityGroup: ISecurityGroup;
  /** Kind of the topics' pollers; on-demand pollers need additional endpoints. */
  readonly pollers: 'on-demand' | 'provisioned';
}

/** AWS APIs that functions and tasks call: images and logs for tasks, secrets and runtime policy for functions. */
const services = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  RuntimePolicy: InterfaceVpcEndpointAwsService.APPCONFIGDATA,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
};

/**
 * AWS APIs that on-demand pollers call from the brokers' subnets. Provisioned pollers call from outside the VPC
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html).
 */
const servicesOfPollers = {
  Lambda: InterfaceVpcEndpointAwsService.LAMBDA,
  Sts: InterfaceVpcEndpointAwsService.STS,
  // Pollers send failed batches there.
  Sqs: InterfaceVpcEndpointAwsService.SQS,
};

/** Interface endpoints: calls of AWS APIs stay inside the VPC, so that starts and decisions do not depend on a NAT gateway. */
export class InterfaceEndpoints extends Construct {
  constructor(scope: Construct, id: string, { vpc, zones, securityGroup, pollers }: InterfaceEndpointsProps) {
    super(scope, id);
    if (zones === 0) return;
    const called = {
      ...services,
      ...(pollers === 'on-demand' ? servicesOfPollers : {}),
    };
    for (const [name, service] of Object.entries(called)) {
      new InterfaceVpcEndpoint(this, name, {
        vpc,
        service,
        subnets: {
          subnetType: SubnetType.PRIVATE_WITH_EGRESS,
          availabilityZones: vpc.availabilityZones.slice(0, zones),
        },
        securityGroups: [securityGroup],
        open: false,
      });
    }
  }
}
