import { CustomResource, Duration, type RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnServerlessCluster } from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import type { TopicsProperties } from '../../../lambda/topics/contract.ts';
import { pinLogicalId } from '../common/logical-id.ts';
import { GatewayFunction } from '../functions/gateway-function.ts';
import { clusterEvents, type EventsAccess } from './events-access.ts';
import { type Topics, topicProperties } from './topic-settings.ts';

export interface ServerlessBrokersProps {
  /** MSK generates no names. At most 64 characters. */
  readonly name: string;
  readonly vpc: IVpc;
  /** Of the subnets that brokers and event source pollers share. */
  readonly subnetType: SubnetType;
  readonly securityGroup: ISecurityGroup;
  readonly topics: Topics;
  /** Bundle of `lambda/topics`, which creates the topics, and its security group. */
  readonly topicsCode: Code;
  readonly topicsSecurityGroup: ISecurityGroup;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * MSK Serverless with TLS, encryption at rest and IAM authentication only. CloudFormation cannot create its topics, so a
 * function creates and changes them with each deployment that changes them.
 */
export class ServerlessBrokers extends Construct {
  readonly access: EventsAccess;

  constructor(scope: Construct, id: string, props: ServerlessBrokersProps) {
    super(scope, id);
    const cluster = new CfnServerlessCluster(this, 'Cluster', {
      clusterName: props.name,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [
        {
          subnetIds: props.vpc.selectSubnets({ subnetType: props.subnetType }).subnetIds,
          securityGroups: [props.securityGroup.securityGroupId],
        },
      ],
    });
    cluster.applyRemovalPolicy(props.removalPolicy);
    pinLogicalId(cluster, 'Events');
    this.access = clusterEvents(cluster.attrArn);

    const topicsFunction = new GatewayFunction(this, 'Topics', {
      description: 'Creates the topics of the MSK cluster, and changes their settings.',
      code: props.topicsCode,
      environment: this.access.environment,
      memoryMiB: 256,
      timeout: Duration.minutes(2),
      vpc: props.vpc,
      securityGroup: props.topicsSecurityGroup,
      logRetention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    const names = Object.keys(props.topics);
    this.access.grantManage(topicsFunction.role, names);
    const topics: TopicsProperties = {
      topics: Object.fromEntries(
        Object.entries(props.topics).map(([name, topic]) => [
          name,
          { partitions: topic.partitions, properties: topicProperties(topic) },
        ]),
      ),
    };
    const resource = new CustomResource(this, 'EventTopics', {
      resourceType: 'Custom::EventTopics',
      serviceToken: topicsFunction.function.functionArn,
      // A function that does not respond must not block the deployment for an hour.
      serviceTimeout: Duration.minutes(5),
      properties: { ...topics, cluster: cluster.attrArn },
    });
    // Only after the role has its permissions.
    resource.node.addDependency(topicsFunction);
  }
}
