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
  /** MSK takes no generated name. At most 64 characters. */
  readonly name: string;
  readonly vpc: IVpc;
  /** Two or three of the VPC's zones, from the first on; also each topic's replication factor. */
  readonly zones: number;
  /** Of the subnets in these zones that brokers and event source pollers share. */
  readonly subnetType: SubnetType;
  readonly securityGroup: ISecurityGroup;
  /** `express.…` or `kafka.…`. */
  readonly brokerType: string;
  /** A multiple of `zones`. */
  readonly brokers: number;
  readonly kafkaVersion: string;
  /** Of each Standard broker; absent for Express, which has no volumes. */
  readonly storage?: { readonly gb: number; readonly maxGb: number };
  readonly topics: Topics;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * MSK with brokers in several zones and a replica of each partition in each of them: TLS on every wire, their own
 * KMS key at rest, access by IAM alone, no topic that is not declared, and no leader that has missed a write. Topics are
 * resources: a changed setting is applied by a deployment, and partitions can be added but never taken away.
 */
export class ProvisionedBrokers extends Construct {
  readonly access: EventsAccess;

  constructor(scope: Construct, id: string, props: ProvisionedBrokersProps) {
    super(scope, id);
    const { removalPolicy, storage, vpc, zones } = props;
    const key = new Key(this, 'Key', {
      description: `The events of ${props.name}.`,
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
      // The level that is free; every metric of `broker-metrics.ts` is in it.
      enhancedMonitoring: 'DEFAULT',
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: logs.logGroupName } } },
    });
    cluster.applyRemovalPolicy(removalPolicy);
    pinLogicalId(cluster, 'Events');
    if (storage !== undefined) growStorage(this, cluster.attrArn, storage);
    for (const [name, settings] of Object.entries(props.topics)) {
      // `Configs` is Base64 of a JSON object, as Terraform's aws_msk_topic sends it; lines of properties are refused.
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
   * Express brokers have all of this fixed. MSK's own default lets a leader be elected that lacks writes. One replica may be
   * missing, or a broker's restart would stop writes ("Build highly available clusters": minISR at most RF - 1).
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

/** At 60 % of its volume each broker gets a larger one; a volume never shrinks. */
function growStorage(scope: Construct, clusterArn: string, { maxGb }: { readonly maxGb: number }): void {
  const target = new ScalableTarget(scope, 'Storage', {
    serviceNamespace: ServiceNamespace.KAFKA,
    resourceId: clusterArn,
    scalableDimension: 'kafka:broker-storage:VolumeSize',
    // A volume that has grown is larger than what the template says, so this is no floor.
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

/** `orders.payment_failed` is `OrdersPaymentFailed`. */
function pascalCase(topic: string): string {
  return topic.replaceAll(/(?:^|[._-])([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}
