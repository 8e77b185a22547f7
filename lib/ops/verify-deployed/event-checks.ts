import { brokerZonesOf, loadCatalogue, regionsOf } from '../../config/index.ts';
import { topicProperties } from '../../features/events/topic-settings.ts';
import { type Check, inconclusive, passUnlessFaults } from './check.ts';
import { type AwsPorts, allPages } from './deployment.ts';
import { requiredResources } from './request-path-checks.ts';

const hour = 3_600_000;
/** New connections a second that a t3.small broker takes with IAM (MSK quotas). */
const smallBrokerConnections = 4;

/** The brokers, their topics and what consumes them, as AWS has them. */
export const eventChecks: readonly Check<AwsPorts>[] = [
  {
    name: 'event-sources-enabled',
    assumption: 'consumer-network',
    remedy:
      "PROBLEM: Connection error: look at the interface endpoints of Lambda and STS, or without them at the route of the brokers' subnets to the NAT gateway, and at the rules of the brokers' security group.",
    run: async (ports) => {
      const faults: string[] = [];
      const mappings = requiredResources(ports, 'AWS::Lambda::EventSourceMapping');
      for (const { physicalId, logicalId, region } of mappings) {
        const { State, LastProcessingResult = 'No records processed' } = await ports.aws
          .lambda(region)
          .getEventSourceMapping({ UUID: physicalId });
        if (State !== 'Enabled') faults.push(`${logicalId} is ${State}`);
        else if (!/^(OK|No records processed)$/.test(LastProcessingResult)) {
          faults.push(`${logicalId}: ${LastProcessingResult}`);
        }
      }
      return passUnlessFaults(faults, `${mappings.length} mappings`);
    },
  },
  {
    name: 'consumer-groups-distinct',
    assumption: 'consumer-group-per-mapping',
    remedy:
      'Mappings of one group steal partitions from each other: see docs/adr/0038-pollers-and-connections.md.',
    run: async (ports) => {
      const groups: string[] = [];
      for (const { physicalId, region } of requiredResources(ports, 'AWS::Lambda::EventSourceMapping')) {
        const { AmazonManagedKafkaEventSourceConfig: kafka } = await ports.aws
          .lambda(region)
          .getEventSourceMapping({ UUID: physicalId });
        if (kafka !== undefined) groups.push(`${region} ${kafka.ConsumerGroupId}`);
      }
      const repeated = groups.filter((group, index) => groups.indexOf(group) !== index);
      return passUnlessFaults(
        repeated.map((group) => `several mappings are of the group ${group}`),
        `${groups.length} groups`,
      );
    },
  },
  {
    name: 'topics-as-declared',
    assumption: 'topic-configs-encoding',
    remedy:
      'Compare the topic with its AWS::MSK::Topic. If only settings differ, Configs is not Base64 of JSON: see provisioned-brokers.ts.',
    run: async (ports) => {
      const clusters = ports.inventory.ofType('AWS::MSK::Cluster');
      if (clusters.length === 0) return inconclusive('the environment has no provisioned brokers');
      const faults: string[] = [];
      const { topics } = loadCatalogue();
      for (const { physicalId, region } of clusters) {
        const replicas = regionsOf(ports.environment)
          .filter(({ environment }) => environment.region === region)
          .map(({ environment }) => brokerZonesOf(environment))[0];
        for (const [name, settings] of Object.entries(topics)) {
          const {
            PartitionCount,
            ReplicationFactor,
            Configs = '',
          } = await ports.aws.kafka(region).describeTopic({ ClusterArn: physicalId, TopicName: name });
          if (PartitionCount !== settings.partitions) faults.push(`${name} has ${PartitionCount} partitions`);
          if (ReplicationFactor !== replicas) faults.push(`${name} has ${ReplicationFactor} replicas`);
          const found = decoded(Configs);
          for (const [property, value] of Object.entries(topicProperties(settings))) {
            if (found[property] !== value) faults.push(`${name}: ${property} is ${String(found[property])}`);
          }
        }
      }
      return passUnlessFaults(faults, 'partitions and settings of the catalogue, a replica in each zone');
    },
  },
  {
    name: 'kafka-version-active',
    remedy: 'Set events.kafkaVersion to the newest version that is ACTIVE.',
    run: async (ports) => {
      const { events, region } = ports.environment;
      if (!('kafkaVersion' in events)) return inconclusive('the environment has no provisioned brokers');
      const client = ports.aws.kafka(region);
      const pages = await allPages(async (NextToken) => await client.listKafkaVersions({ NextToken }));
      const versions = pages.flatMap(({ KafkaVersions = [] }) => KafkaVersions);
      const status = versions.find(({ Version }) => Version === events.kafkaVersion)?.Status;
      return passUnlessFaults(
        status === 'ACTIVE' ? [] : [`${events.kafkaVersion} is ${status ?? 'not offered'}`],
        `${events.kafkaVersion} is ACTIVE`,
      );
    },
  },
  {
    name: 'broker-connections-low',
    assumption: 'poller-connections',
    remedy: 'Take a larger broker or fewer mappings: see docs/adr/0038-pollers-and-connections.md.',
    run: async ({ aws, environment: { events, name, region }, now }) => {
      if (!('brokerType' in events) || events.brokerType !== 'kafka.t3.small') {
        return inconclusive('only kafka.t3.small has so low a limit');
      }
      const { MetricDataResults = [] } = await aws.cloudWatch(region).getMetricData({
        StartTime: new Date(now() - hour),
        EndTime: new Date(now()),
        MetricDataQueries: [
          {
            Id: 'rate',
            Expression: `SEARCH('{AWS/Kafka,"Broker ID","Cluster Name"} MetricName="ConnectionCreationRate" "Cluster Name"="gatehouse-${name}"', 'Maximum', 60)`,
          },
        ],
      });
      const values = MetricDataResults.flatMap(({ Values = [] }) => Values);
      if (values.length === 0) return inconclusive('ConnectionCreationRate has no data of the last hour');
      const most = Math.max(...values);
      return passUnlessFaults(
        most < smallBrokerConnections
          ? []
          : [`${most} new connections a second, allowed ${smallBrokerConnections}`],
        `at most ${most} new connections a second`,
      );
    },
  },
  {
    name: 'dead-letter-queues-empty',
    remedy: 'Run npm run ops -- dead-letters list, and follow docs/runbooks of the alarm on the queue.',
    run: async (ports) => {
      const faults: string[] = [];
      for (const { physicalId, logicalId, region } of requiredResources(ports, 'AWS::SQS::Queue')) {
        if (!logicalId.includes('DeadLetter')) continue;
        const { Attributes } = await ports.aws.queues(region).getQueueAttributes({
          QueueUrl: physicalId,
          AttributeNames: ['ApproximateNumberOfMessages'],
        });
        const waiting = Number(Attributes?.['ApproximateNumberOfMessages'] ?? Number.NaN);
        if (waiting !== 0) faults.push(`${logicalId} holds ${waiting} messages`);
      }
      return passUnlessFaults(faults, 'empty');
    },
  },
];

/** `Configs` of a topic: Base64 of a JSON object. */
function decoded(configs: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(Buffer.from(configs, 'base64').toString()) as Record<string, unknown>;
  } catch {
    return {};
  }
}
