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
  /** Timeout of the function that drains the queue. */
  readonly drainTimeout: Duration;
  readonly removalPolicy: RemovalPolicy;
}

/**
 * Fallback queue of webhooks while the event log is unavailable: a FIFO queue with a message group per order key, so that the
 * events of one payment stay in order and do not block others. After more than a day, a message moves to the dead-letter queue.
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
      // The maximum: as long as the limit store holds later events of a key back.
      retentionPeriod: Duration.days(14),
      removalPolicy,
    };
    const deadLetters = new Queue(this, 'DeadLetters', queueDefaults);
    const queue = new Queue(this, 'Queue', {
      ...queueDefaults,
      // AWS recommends six times the timeout of the function that reads the queue.
      visibilityTimeout: Duration.seconds(6 * drainTimeout.toSeconds()),
      // The maximum: with two minutes between attempts, the event log may be unavailable for over a day.
      deadLetterQueue: { queue: deadLetters, maxReceiveCount: 1_000 },
    });
    pinLogicalId(queue, 'WebhookFallback');
    pinLogicalId(deadLetters, 'WebhookDeadLetters');
    this.queue = queue;
    this.deadLetters = deadLetters;
  }
}
