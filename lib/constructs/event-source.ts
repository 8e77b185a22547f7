import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../acknowledgements.ts';
import type { EventsAccess } from './events-access.ts';
import type { ServiceFunction } from './service-function.ts';

export interface EventSourceProps {
  readonly consumer: ServiceFunction;
  readonly events: EventsAccess;
  readonly topic: string;
  /** The consumer group; it cannot be changed once the mapping is made. */
  readonly group: string;
  /** @default 100 records; at most 10 000, or 6 MB */
  readonly batchSize?: number;
  /** @default one second */
  readonly batchWindow?: Duration;
  /** Patterns over `{ value: … }` of a record; one that matches lets it through. @default all */
  readonly filters?: readonly object[] | undefined;
  /** After the first, for each batch. @default 5 */
  readonly retryAttempts?: number;
  /** Older records go to the dead letters unseen. @default six hours */
  readonly maxRecordAge?: Duration;
  /** Where a new group begins. @default the oldest record that is kept */
  readonly startingPosition?: StartingPosition.TRIM_HORIZON | StartingPosition.LATEST;
  /** Each polls up to 5 MB a second. @default 1 to 4 */
  readonly pollers?: { readonly min: number; readonly max: number };
}

/** Of all event sources of a VPC: alone, each would pay for a poller unit of its own, which holds several pollers. */
const pollerGroup = 'gatehouse';

/**
 * A function that reads a topic, batch by batch, in the order of each partition. It says which records failed; a batch
 * that fails is split and tried again, and what fails for good goes to the dead letters, where it is kept for 14 days.
 *
 * Pollers are provisioned: Lambda counts retries and ages for Kafka in that mode only
 * (https://docs.aws.amazon.com/lambda/latest/dg/kafka-retry-configurations.html).
 */
export class EventSource extends Construct {
  /** What failed for good: Lambda's account of it, with topic, partition and offsets. Put an alarm on it. */
  readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, props: EventSourceProps) {
    super(scope, id);
    const { consumer, events, topic, group, pollers = { min: 1, max: 4 } } = props;
    const deadLetters = new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
    });
    acknowledge(
      deadLetters,
      'SQS3',
      'This is the dead-letter queue of an event source: what is in it has failed for good.',
    );
    this.deadLetters = deadLetters;
    events.grantConsume(consumer.role, [topic], group);
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: consumer.live,
      kafkaTopic: topic,
      kafkaConsumerGroupId: group,
      batchSize: props.batchSize ?? 100,
      maxBatchingWindow: props.batchWindow ?? Duration.seconds(1),
      startingPosition: props.startingPosition ?? StartingPosition.TRIM_HORIZON,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: props.retryAttempts ?? 5,
      maxRecordAge: props.maxRecordAge ?? Duration.hours(6),
      onFailure: new SqsDlq(deadLetters),
      provisionedPollerConfig: {
        minimumPollers: pollers.min,
        maximumPollers: pollers.max,
        pollerGroupName: pollerGroup,
      },
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

/** https://docs.aws.amazon.com/lambda/latest/dg/with-msk-permissions.html; its network interfaces every function may make. */
function grantPolling({ role }: ServiceFunction, clusterArn: string): void {
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
