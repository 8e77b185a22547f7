import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pinLogicalId } from '../common/logical-id.ts';

export interface MeteringQueuesProps {
  /** Time-out of the function that reads them. */
  readonly functionTimeout: Duration;
  readonly removalPolicy: RemovalPolicy;
}

/** Where lines of the access log wait: nothing of them is lost while somebody is away. */
export class MeteringQueues extends Construct {
  /** Events that the event log has yet to get. */
  readonly accessLog: IQueue;
  /** Invocations that failed and were tried again in vain. */
  readonly failed: IQueue;
  readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, { functionTimeout, removalPolicy }: MeteringQueuesProps) {
    super(scope, id);
    const queueDefaults = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The most there is.
      retentionPeriod: Duration.days(14),
      removalPolicy,
    };
    const deadLetters = new Queue(this, 'DeadLetters', queueDefaults);
    pinLogicalId(deadLetters, 'MeteringDeadLetters');
    const queue = (name: string, logicalId: string) => {
      const made = new Queue(this, name, {
        ...queueDefaults,
        // What AWS recommends for a queue that a function reads.
        visibilityTimeout: Duration.seconds(6 * functionTimeout.toSeconds()),
        // With six minutes between, for four days.
        deadLetterQueue: { queue: deadLetters, maxReceiveCount: 1_000 },
      });
      pinLogicalId(made, logicalId);
      return made;
    };
    this.accessLog = queue('AccessLog', 'AccessLogFallback');
    this.failed = queue('Failed', 'MeteringFailed');
    this.deadLetters = deadLetters;
  }
}
