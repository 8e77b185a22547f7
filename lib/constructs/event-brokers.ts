import type { RemovalPolicy } from 'aws-cdk-lib';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import { pinLogicalId } from './logical-id.ts';

export interface EventBrokersProps {
  /** MSK takes no generated name. At most 64 characters. */
  readonly name: string;
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  readonly removalPolicy: RemovalPolicy;
}

/** MSK Serverless: TLS on the wire, encrypted at rest, IAM and nothing else to get in. */
export class EventBrokers extends Construct {
  readonly clusterArn: string;

  constructor(scope: Construct, id: string, props: EventBrokersProps) {
    super(scope, id);
    const cluster = new CfnServerlessCluster(this, 'Cluster', {
      clusterName: props.name,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [
        {
          subnetIds: props.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
          securityGroups: [props.securityGroup.securityGroupId],
        },
      ],
    });
    cluster.applyRemovalPolicy(props.removalPolicy);
    pinLogicalId(cluster, 'Events');
    this.clusterArn = cluster.attrArn;
  }
}
