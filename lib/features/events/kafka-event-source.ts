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
   * Prefix of the consumer group; the topic is the suffix, so that no two mappings share a group. It cannot be changed after the
   * mapping is created.
   */
  readonly groupPrefix: string;
  /** Queue that receives Lambda's reports of batches that failed finally. */
  readonly deadLetters: IQueue;
  /** @default 100 records; at most 10 000, or 6 MB */
  readonly batchSize?: number;
  /** @default one second */
  readonly batchWindow?: Duration;
  /** Filter patterns on `{ value: … }` of a record; a record that matches one is delivered. @default all */
  readonly filters?: readonly object[] | undefined;
  /** Retries of each batch; with provisioned pollers only. @default 5 */
  readonly retryAttempts?: number;
  /** Older records go to the dead-letter queue unread; with provisioned pollers only. @default six hours */
  readonly maxRecordAge?: Duration;
  /** Start position of a new group. @default the oldest retained record */
  readonly startingPosition?: StartingPosition.TRIM_HORIZON | StartingPosition.LATEST;
  /** A provisioned poller reads up to 5 MB a second and is billed per hour. On demand, Lambda chooses the number. */
  readonly pollers: 'on-demand' | { readonly min: number; readonly max: number };
}

/**
 * One group per mapping. Members of a group must read the same topics: mappings of several topics in one group would cause a
 * rebalance whenever a poller starts or stops.
 */
function consumerGroupOf(prefix: string, topic: string): string {
  return `${prefix}-${topic}`;
}

/** Poller group of all event sources in a VPC. Without a shared group, each would be billed one poller unit, which has ten pollers. */
const pollerGroup = 'gatehouse';

/**
 * An event source mapping that invokes a function with batches of a topic, in the order of each partition. With provisioned
 * pollers the function reports failed records, and Lambda splits, retries and finally gives up a failing batch. On demand
 * pollers do not support that (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html): the function
 * throws, and the batch is delivered again. In both cases the function moves records that can never succeed to the DLQ.
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
    // Lambda validates the mapping at once, and caches that the role lacks a permission.
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

/** https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html; every function has the permissions for network interfaces. */
function grantPolling({ role }: GatewayFunction, clusterArn: string): void {
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['kafka:DescribeClusterV2', 'kafka-cluster:DescribeClusterDynamicConfiguration'],
      resources: [clusterArn],
    }),
  );
  role.addToPrincipalPolicy(
    new PolicyStatement({
      // These actions support no resources.
      actions: ['ec2:DescribeSecurityGroups', 'ec2:DescribeVpcs'],
      resources: ['*'],
    }),
  );
}
