import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  type IQueue,
  Queue,
  QueueEncryption,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pinLogicalId } from '../common/logical-id.ts';

export interface WebhookFallbackQueueProps {
  /** Time-out of the function that drains the queue. */
  readonly drainTimeout: Duration;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Where webhooks wait while the event log is away: a FIFO queue with a group for each order key, so that one payment's
 * events stay in order and hold up no other's. What cannot be drained for over a day goes to the dead letters.
 */
export class WebhookFallbackQueue extends Construct {
  readonly queue: IQueue;
  readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, { drainTimeout, removalPolicy }: WebhookFallbackQueueProps) {
    super(scope, id);
    const queueDefaults: QueueProps = {
      fifo: true,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The most there is: as long as the store holds a key's later events back.
      retentionPeriod: Duration.days(14),
      removalPolicy,
    };
    const deadLetters = new Queue(this, 'DeadLetters', queueDefaults);
    const queue = new Queue(this, 'Queue', {
      ...queueDefaults,
      // What AWS recommends for a queue that a function reads.
      visibilityTimeout: Duration.seconds(6 * drainTimeout.toSeconds()),
      // The most there is: with two minutes between, the log may be away for over a day.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 1_000 },
    });
    pinLogicalId(queue, 'WebhookFallback');
    pinLogicalId(deadLetters, 'WebhookDeadLetters');
    this.queue = queue;
    this.deadLetters = deadLetters;
  }
}
