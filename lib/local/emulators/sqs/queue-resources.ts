import { z } from 'zod';
import type { Deployment } from '../../engine/assembly.ts';
import { boolean, nested, number, readResources, resourceType } from '../../engine/resource-type.ts';
import type { UnsupportedFeatures } from '../../engine/unsupported.ts';
import type { QueueSettings } from './queue.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sqs-queue.html, with its defaults. */
const queueType = resourceType({
  type: 'AWS::SQS::Queue',
  emulated: {
    QueueName: z.string().optional(),
    FifoQueue: boolean.default(false),
    ContentBasedDeduplication: boolean.default(false),
    DeduplicationScope: z.enum(['queue', 'messageGroup']).default('queue'),
    VisibilityTimeout: number.default(30),
    DelaySeconds: number.default(0),
    MessageRetentionPeriod: number.default(345_600),
    MaximumMessageSize: number.default(1_048_576),
    ReceiveMessageWaitTimeSeconds: number.default(0),
    RedrivePolicy: nested({ deadLetterTargetArn: z.string(), maxReceiveCount: number }).optional(),
  },
  ignored: {
    FifoThroughputLimit: 'the local run does not throttle',
    KmsDataKeyReusePeriodSeconds: 'the local run does not encrypt data',
    KmsMasterKeyId: 'the local run does not encrypt data',
    RedriveAllowPolicy: 'the local run does not enforce permissions',
    SqsManagedSseEnabled: 'the local run does not encrypt data',
    Tags: 'tags have no effect locally',
  },
});

/** Reads the queues of the templates. Reports a redrive policy whose dead-letter queue is missing or of another type. */
export function readQueues(deployment: Deployment, findings: UnsupportedFeatures): readonly QueueSettings[] {
  const queues = readResources(deployment, queueType, findings);
  return queues.map(({ resource, properties }) => {
    const { RedrivePolicy: policy } = properties;
    const target = policy === undefined ? undefined : deployment.byReference(policy.deadLetterTargetArn);
    const deadLetterQueue = queues.find((queue) => queue.resource.id === target?.id);
    if (policy !== undefined && deadLetterQueue?.properties.FifoQueue !== properties.FifoQueue) {
      findings.add(
        resource,
        'RedrivePolicy.deadLetterTargetArn',
        'does not name a queue of the templates of the same type (FIFO or standard).',
      );
    }
    return {
      id: resource.id,
      name: properties.QueueName ?? (properties.FifoQueue ? `${resource.id}.fifo` : resource.id),
      isFifo: properties.FifoQueue,
      contentBasedDeduplication: properties.ContentBasedDeduplication,
      deduplicationScope: properties.DeduplicationScope,
      visibilityTimeoutSeconds: properties.VisibilityTimeout,
      delaySeconds: properties.DelaySeconds,
      retentionSeconds: properties.MessageRetentionPeriod,
      maxMessageBytes: properties.MaximumMessageSize,
      waitSeconds: properties.ReceiveMessageWaitTimeSeconds,
      redrive:
        policy === undefined || deadLetterQueue === undefined
          ? undefined
          : { deadLetterQueueId: deadLetterQueue.resource.id, maxReceiveCount: policy.maxReceiveCount },
    };
  });
}
