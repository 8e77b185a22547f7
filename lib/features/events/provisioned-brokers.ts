import { Fn, type RemovalPolicy } from 'aws-cdk-lib';
import { PredefinedMetric, ScalableTarget, ServiceNamespace } from 'aws-cdk-lib/aws-applicationautoscaling';
import { type ISecurityGroup, type IVpc, SubnetType } from 'aws-cdk-lib/aws-ec2';
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
  /** With three isolated subnets, one in each zone. */
  readonly vpc: IVpc;
  readonly securityGroup: ISecurityGroup;
  /** `express.…` or `kafka.…`. */
  readonly brokerType: string;
  /** A multiple of three. */
  readonly brokers: number;
  readonly kafkaVersion: string;
  /** Of each Standard broker; absent for Express, which has no volumes. */
  readonly storage?: { readonly gb: number; readonly maxGb: number };
  readonly topics: Topics;
  readonly logRetention: RetentionDays;
  readonly removalPolicy: RemovalPolicy;
}

/** Each partition in each zone: a zone that is gone costs no event, and a write is acknowledged by two of three. */
const replicas = 3;
const minInSyncReplicas = 2;

/**
 * MSK with brokers in three zones: TLS on every wire, a key of its own at rest, IAM and nothing else to get in, no topic
 * that is not declared, and no leader that has missed a write. Topics are resources: a changed setting is applied by a
 * deployment, and partitions can be added but never taken away.
 */
export class ProvisionedBrokers extends Construct {
  readonly access: EventsAccess;

  constructor(scope: Construct, id: string, props: ProvisionedBrokersProps) {
    super(scope, id);
    const { removalPolicy, storage } = props;
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
        clientSubnets: props.vpc.selectSubnets({ subnetType: SubnetType.PRIVATE_ISOLATED }).subnetIds,
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
      ...(storage === undefined ? {} : { configurationInfo: this.#configuration(props.name) }),
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
        replicationFactor: replicas,
        configs: Fn.base64(JSON.stringify(topicProperties(settings))),
      });
      topic.applyRemovalPolicy(removalPolicy);
      pinLogicalId(topic, `Topic${pascalCase(name)}`);
    }
    this.access = clusterEvents(cluster.attrArn);
  }

  /** Express brokers have all of this fixed. MSK's own default lets a leader be elected that lacks writes. */
  #configuration(name: string): CfnCluster.ConfigurationInfoProperty {
    const configuration = new CfnConfiguration(this, 'Configuration', {
      name,
      serverProperties: lines({
        'auto.create.topics.enable': 'false',
        'default.replication.factor': String(replicas),
        'min.insync.replicas': String(minInSyncReplicas),
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
