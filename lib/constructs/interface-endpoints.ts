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
  /** In how many of the VPC's zones each of them stands, from the first on. */
  readonly zones: number;
  /** Says who may use the endpoints. */
  readonly securityGroup: ISecurityGroup;
}

/** The AWS APIs that functions and tasks call: images and logs for the tasks, secrets and the policy for the functions. */
const services = {
  EcrApi: InterfaceVpcEndpointAwsService.ECR,
  EcrDocker: InterfaceVpcEndpointAwsService.ECR_DOCKER,
  Logs: InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
  SecretsManager: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
  RuntimePolicy: InterfaceVpcEndpointAwsService.APPCONFIGDATA,
  // What the pollers of event source mappings call from the brokers' subnets, which have no way out.
  Lambda: InterfaceVpcEndpointAwsService.LAMBDA,
  Sts: InterfaceVpcEndpointAwsService.STS,
  Sqs: InterfaceVpcEndpointAwsService.SQS,
};

/** Keeps calls of AWS APIs inside the VPC, so that neither a start nor a decision depends on a NAT gateway. */
export class InterfaceEndpoints extends Construct {
  constructor(scope: Construct, id: string, { vpc, zones, securityGroup }: InterfaceEndpointsProps) {
    super(scope, id);
    for (const [name, service] of Object.entries(services)) {
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
