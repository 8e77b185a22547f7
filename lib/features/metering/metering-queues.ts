import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { pinLogicalId } from '../common/logical-id.ts';

export interface MeteringQueuesProps {
  /** Timeout of the function that reads the queues. */
  readonly functionTimeout: Duration;
  readonly removalPolicy: RemovalPolicy;
}

/** Queues of access log lines, which are not lost while a dependency is unavailable. */
export class MeteringQueues extends Construct {
  /** Events that are not yet in the event log. */
  readonly accessLog: IQueue;
  /** Invocations that failed after all retries. */
  readonly failed: IQueue;
  readonly deadLetters: IQueue;

  constructor(scope: Construct, id: string, { functionTimeout, removalPolicy }: MeteringQueuesProps) {
    super(scope, id);
    const queueDefaults = {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // The maximum.
      retentionPeriod: Duration.days(14),
      removalPolicy,
    };
    const deadLetters = new Queue(this, 'DeadLetters', queueDefaults);
    pinLogicalId(deadLetters, 'MeteringDeadLetters');
    const queue = (name: string, logicalId: string) => {
      const made = new Queue(this, name, {
        ...queueDefaults,
        // AWS recommends six times the timeout of the function that reads the queue.
        visibilityTimeout: Duration.seconds(6 * functionTimeout.toSeconds()),
        // Four days, with six minutes between attempts.
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
