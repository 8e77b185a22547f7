import { Fn, type RemovalPolicy } from 'aws-cdk-lib';
import { PredefinedMetric, ScalableTarget, ServiceNamespace } from 'aws-cdk-lib/aws-applicationautoscaling';
import type { ISecurityGroup, IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnCluster, CfnConfiguration, CfnTopic } from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import { pinLogicalId } from '../common/logical-id.ts';
import { clusterEvents, type EventsAccess } from './events-access.ts';
import { type Topics, topicProperties } from './topic-settings.ts';

export interface ProvisionedBrokersProps {
  /** MSK generates no names. At most 64 characters. */
  readonly name: string;
  readonly vpc: IVpc;
  /** Two or three of the VPC's zones, from the first on; also each topic's replication factor. */
  readonly zones: number;
  /** Of the subnets in these zones that brokers and event source pollers share. */
  readonly subnetType: SubnetType;
  readonly securityGroup: ISecurityGroup;
  /** Instance type: `express.…` or `kafka.…`. */
  readonly brokerType: string;
  /** Number of brokers, a multiple of `zones`. */
  readonly brokers: number;
  readonly kafkaVersion: string;
  /** Storage of each Standard broker; undefined for Express brokers, which have no volumes. */
  readonly storage?: { readonly gb: number; readonly maxGb: number };
  readonly topics: Topics;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * MSK with brokers in several zones and one replica of each partition per zone: TLS on all connections, a customer managed
 * key at rest, IAM authentication only, no automatic topic creation, no unclean leader election. Topics are CloudFormation
 * resources: a deployment applies changed settings, and can add partitions but not remove them.
 */
export class ProvisionedBrokers extends Construct {
  readonly access: EventsAccess;

  constructor(scope: Construct, id: string, props: ProvisionedBrokersProps) {
    super(scope, id);
    const { removalPolicy, storage, vpc, zones } = props;
    const key = new Key(this, 'Key', {
      description: `Encrypts the events of ${props.name}.`,
      enableKeyRotation: true,
      removalPolicy,
    });
    pinLogicalId(key, 'EventsKey');
    const logs = new LogGroup(this, 'Logs', { retention: props.logRetention, removalPolicy });
    const none = { enabled: false };
    const cluster = new CfnCluster(this, 'Cluster', {
      clusterName: props.name,
      kafkaVersion: props.kafkaVersion,
      numberOfBrokerNodes: props.brokers,
      brokerNodeGroupInfo: {
        instanceType: props.brokerType,
        clientSubnets: vpc.selectSubnets({
          subnetType: props.subnetType,
          availabilityZones: vpc.availabilityZones.slice(0, zones),
        }).subnetIds,
        securityGroups: [props.securityGroup.securityGroupId],
        ...(storage === undefined ? {} : { storageInfo: { ebsStorageInfo: { volumeSize: storage.gb } } }),
      },
      clientAuthentication: {
        sasl: { iam: { enabled: true }, scram: none },
        tls: none,
        unauthenticated: none,
      },
      encryptionInfo: {
        encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
        encryptionAtRest: { dataVolumeKmsKeyId: key.keyArn },
      },
      ...(storage === undefined ? {} : { configurationInfo: this.#configuration(props.name, zones) }),
      // The free level; it contains every metric of `broker-metrics.ts`.
      enhancedMonitoring: 'DEFAULT',
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logs.logGroupName } } },
    });
    cluster.applyRemovalPolicy(removalPolicy);
    pinLogicalId(cluster, 'Events');
    if (storage !== undefined) growStorage(this, cluster.attrArn, storage);
    for (const [name, settings] of Object.entries(props.topics)) {
      // `Configs` is a JSON object in Base64, as Terraform's aws_msk_topic sends it. MSK refuses lines of properties.
      const topic = new CfnTopic(this, `Topic-${name}`, {
        clusterArn: cluster.attrArn,
        topicName: name,
        partitionCount: settings.partitions,
        replicationFactor: zones,
        configs: Fn.base64(JSON.stringify(topicProperties(settings))),
      });
      topic.applyRemovalPolicy(removalPolicy);
      pinLogicalId(topic, `Topic${pascalCase(name)}`);
    }
    this.access = clusterEvents(cluster.attrArn);
  }

  /**
   * Settings that Express brokers have fixed. MSK's default allows unclean leader election. One replica may be missing, or
   * a broker restart would stop writes ("Build highly available clusters": minISR at most RF - 1).
   */
  #configuration(name: string, zones: number): CfnCluster.ConfigurationInfoProperty {
    const configuration = new CfnConfiguration(this, 'Configuration', {
      name,
      serverProperties: lines({
        'auto.create.topics.enable': 'false',
        'default.replication.factor': String(zones),
        'min.insync.replicas': String(zones - 1),
        'unclean.leader.election.enable': 'false',
      }),
    });
    return { arn: configuration.attrArn, revision: configuration.attrLatestRevisionRevision };
  }
}

/** Expands the volume of each broker at 60 % usage. A volume never shrinks. */
function growStorage(scope: Construct, clusterArn: string, { maxGb }: { readonly maxGb: number }): void {
  const target = new ScalableTarget(scope, 'Storage', {
    serviceNamespace: ServiceNamespace.KAFKA,
    resourceId: clusterArn,
    scalableDimension: 'kafka:broker-storage:VolumeSize',
    // An expanded volume is larger than the size in the template.
    minCapacity: 1,
    maxCapacity: maxGb,
  });
  target.scaleToTrackMetric('Use', {
    predefinedMetric: PredefinedMetric.KAFKA_BROKER_STORAGE_UTILIZATION,
    targetValue: 60,
    disableScaleIn: true,
  });
}

function lines(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Logical id of a topic: `OrdersPaymentFailed` for `orders.payment_failed`. */
function pascalCase(topic: string): string {
  return topic.replaceAll(/(?:^|[._-])([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}
