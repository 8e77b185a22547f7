import { brokerZonesOf } from '../broker-placement.ts';
import { brokerCount } from '../capacity.ts';
import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';
import { partitionsPerBroker } from '../schemas/events.ts';

/**
 * Partition quotas of MSK Serverless
 * (https://docs.aws.amazon.com/msk/latest/developerguide/limits.html#serverless-quota).
 */
const serverlessPartitions = { delete: 2_400, compact: 120 } as const;

/** Entries that name an unknown topic. */
export function topicFaults({ services, topics, webhooks }: Catalogue): Fault[] {
  const named = [
    ...Object.entries(services).flatMap(([name, service]) =>
      service.kind === 'fargate'
        ? (['produces', 'consumes'] as const).flatMap((verb) =>
            service[verb].map((topic) => ({ topic, path: ['services', name, verb] })),
          )
        : [],
    ),
    ...Object.entries(webhooks).map(([name, { topic }]) => ({ topic, path: ['webhooks', name, 'topic'] })),
  ];
  return named
    .filter(({ topic }) => !(topic in topics))
    .map(({ topic, path }) => ({
      entry: entryName('catalogue', path),
      fault: `names the topic "${topic}", which does not exist.`,
      remedy: `Use one of ${Object.keys(topics).join(', ')}, or add it to catalogue.topics.`,
    }));
}

/** Brokers that MSK cannot place, or whose partitions the catalogue exceeds. */
export function brokerFaults(environment: Environment, { topics }: Catalogue): Fault[] {
  const { name, events } = environment;
  const partitions = (cleanup?: 'delete' | 'compact') =>
    Object.values(topics)
      .filter((topic) => cleanup === undefined || topic.cleanup === cleanup)
      .reduce((sum, topic) => sum + topic.partitions, 0);
  if (events.kind === 'existing') return [];
  if (events.kind === 'serverless') {
    return (['delete', 'compact'] as const)
      .filter((cleanup) => partitions(cleanup) > serverlessPartitions[cleanup])
      .map((cleanup) => ({
        entry: 'catalogue.topics',
        fault: `needs ${partitions(cleanup)} partitions with cleanup "${cleanup}"; MSK Serverless allows ${serverlessPartitions[cleanup]}.`,
        remedy: `Lower partitions, or use other brokers in environments/${name}.events.`,
      }));
  }
  const misplaced = placementFaults(environment);
  if (misplaced.length > 0) return misplaced;
  // Each partition has a replica in each zone.
  const perBroker = Math.ceil((partitions() * brokerZonesOf(environment)) / brokerCount(environment));
  const most = partitionsPerBroker[events.brokerType];
  if (perBroker <= most) return [];
  return [
    {
      entry: `environments/${name}.events`,
      fault: `gives each broker ${perBroker} partitions; AWS recommends at most ${most} for ${events.brokerType}.`,
      remedy: 'Add brokers, use larger ones, or lower the partitions in catalogue.topics.',
    },
  ];
}

/** MSK distributes brokers evenly over two or three zones of the network (`BrokerNodeGroupInfo.ClientSubnets`). */
function placementFaults(environment: Environment): Fault[] {
  const root = `environments/${environment.name}.events`;
  const zones = brokerZonesOf(environment);
  const available = environment.availabilityZones.length;
  if (zones > available) {
    return [
      {
        entry: `${root}.zones`,
        fault: `is ${zones}; the network has ${available} zones.`,
        remedy: `Give ${available} at most.`,
      },
    ];
  }
  const brokers = brokerCount(environment);
  if (brokers % zones === 0) return [];
  return [
    {
      entry: `${root}.brokers`,
      fault: `is ${brokers}, and each of ${zones} zones has equally many brokers.`,
      remedy: `Give a multiple of ${zones}.`,
    },
  ];
}
