import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { GatewayFunction } from '../functions/gateway-function.ts';
import type { EventsAccess } from './events-access.ts';

export interface KafkaEventSourceProps {
  readonly consumer: GatewayFunction;
  readonly events: EventsAccess;
  readonly topic: string;
  /**
   * What the consumer group's name begins with; the topic ends it, so that no two mappings share a group. It cannot be
   * changed once the mapping is made.
   */
  readonly groupPrefix: string;
  /** Takes Lambda's account of batches that it has given up. */
  readonly deadLetters: IQueue;
  /** @default 100 records; at most 10 000, or 6 MB */
  readonly batchSize?: number;
  /** @default one second */
  readonly batchWindow?: Duration;
  /** Patterns over `{ value: … }` of a record; one that matches lets it through. @default all */
  readonly filters?: readonly object[] | undefined;
  /** After the first, for each batch; with provisioned pollers. @default 5 */
  readonly retryAttempts?: number;
  /** Older records go to the dead letters unseen; with provisioned pollers. @default six hours */
  readonly maxRecordAge?: Duration;
  /** Where a new group begins. @default the oldest record that is kept */
  readonly startingPosition?: StartingPosition.TRIM_HORIZON | StartingPosition.LATEST;
  /** Provisioned, each polls up to 5 MB a second and is paid for by the hour; on demand, Lambda chooses how many. */
  readonly pollers: 'on-demand' | { readonly min: number; readonly max: number };
}

/**
 * A group for each mapping. Members of one group must read the same topics: mappings of several topics in one group
 * rebalance one another with every poller that comes or goes.
 */
function consumerGroupOf(prefix: string, topic: string): string {
  return `${prefix}-${topic}`;
}

/** Of all event sources of a VPC: alone, each would pay for a poller unit of its own, which holds ten pollers. */
const pollerGroup = 'gatehouse';

/**
 * A function that reads a topic, batch by batch, in the order of each partition. With provisioned pollers it says which
 * records failed, and a batch that fails is split, tried again and at last given up. With pollers on demand none of that
 * is offered (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html): the function throws, and
 * the batch comes again. In both the function itself puts aside what no attempt can help.
 */
export class KafkaEventSource extends Construct {
  constructor(scope: Construct, id: string, props: KafkaEventSourceProps) {
    super(scope, id);
    const { consumer, events, topic, pollers } = props;
    const group = consumerGroupOf(props.groupPrefix, topic);
    events.grantConsume(consumer.role, [topic], group);
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: consumer.live,
      kafkaTopic: topic,
      kafkaConsumerGroupId: group,
      batchSize: props.batchSize ?? 100,
      maxBatchingWindow: props.batchWindow ?? Duration.seconds(1),
      startingPosition: props.startingPosition ?? StartingPosition.TRIM_HORIZON,
      onFailure: new SqsDlq(props.deadLetters),
      ...(pollers === 'on-demand' ? {} : provisioned(props, pollers)),
      ...(props.filters === undefined
        ? {}
        : { filters: props.filters.map((filter) => FilterCriteria.filter(filter)) }),
      ...('clusterArn' in events.source
        ? { eventSourceArn: events.source.clusterArn }
        : { kafkaBootstrapServers: [...events.source.bootstrapServers] }),
    });
    if ('clusterArn' in events.source) grantPolling(consumer, events.source.clusterArn);
    // Lambda tries the mapping at once, and remembers that it was not allowed to.
    mapping.node.addDependency(consumer.role);
  }
}

function provisioned(
  { retryAttempts = 5, maxRecordAge = Duration.hours(6) }: KafkaEventSourceProps,
  { min, max }: { readonly min: number; readonly max: number },
) {
  return {
    bisectBatchOnError: true,
    reportBatchItemFailures: true,
    retryAttempts,
    maxRecordAge,
    provisionedPollerConfig: { minimumPollers: min, maximumPollers: max, pollerGroupName: pollerGroup },
  };
}

/** https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html; its network interfaces every function may make. */
function grantPolling({ role }: GatewayFunction, clusterArn: string): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kafka:DescribeClusterV2', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
      resources: [clusterArn],
    }),
  );
  role.addToPrincipalPolicy(
    new PolicyStatement({
      // These know no resources.
      actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'],
      resources: ['*'],
    }),
  );
}
