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
  /** In how many of the VPC's zones each of them stands, from the first on; 0 makes none. */
  readonly zones: number;
  /** Says who may use the endpoints. */
  readonly securityGroup: ISecurityGroup;
  /** Who polls topics for functions; on-demand pollers need endpoints of their own. */
  readonly pollers: 'on-demand' | 'provisioned';
}

/** The AWS APIs that functions and tasks call: images and logs for the tasks, secrets and the policy for the functions. */
const services = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  RuntimePolicy: InterfaceVpcEndpointAwsService.APPCONFIGDATA,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
};

/**
 * What on-demand pollers call from the brokers' subnets. Provisioned ones call from outside the VPC
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-msk-cluster-network.html).
 */
const servicesOfPollers = {
  Lambda: InterfaceVpcEndpointAwsService.LAMBDA,
  Sts: InterfaceVpcEndpointAwsService.STS,
  // Where they send what they give up.
  Sqs: InterfaceVpcEndpointAwsService.SQS,
};

/** Keeps calls of AWS APIs inside the VPC, so that neither a start nor a decision depends on a NAT gateway. */
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
