import { z } from 'zod';
import {
  type AwsError,
  failed,
  type Operation,
  type Outcome,
  operation,
  succeeded,
} from '../http/aws-json-server.ts';
import type { Queue } from './queue.ts';
import { receivedMessage } from './receiving.ts';
import { inputBytes, messageInput, sendOne } from './sending.ts';

/** The queues that the operations work on. */
export interface QueueDirectory {
  readonly queues: readonly Queue[];
  /** Finds a queue by URL, name, ARN, or resolved reference of a template. */
  readonly find: (reference: string) => Queue | undefined;
  readonly url: (queue: Queue) => string;
  readonly arn: (queueId: string) => string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether the local run is stopping; pending receive calls then return. */
  readonly closing: () => boolean;
}

const maxBatchBytes = 1_048_576;
const handle = { ReceiptHandle: z.string() };
const visibility = { VisibilityTimeout: z.int().min(0).max(43_200) };

/** The SQS operations that the emulator supports (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/). */
export function queueOperations(directory: QueueDirectory): Readonly<Record<string, Operation>> {
  const onQueue = <Shape extends z.ZodRawShape>(
    shape: Shape,
    run: (
      queue: Queue,
      input: z.output<z.ZodObject<Shape>>,
      gone: () => boolean,
    ) => Outcome | Promise<Outcome>,
  ): Operation =>
    operation(z.looseObject({ QueueUrl: z.string() }), ({ QueueUrl, ...rest }, gone) => {
      const queue = directory.find(QueueUrl);
      return queue === undefined
        ? noSuchQueue
        : operation(z.strictObject(shape), (input) => run(queue, input, gone))(rest, gone);
    });

  return {
    SendMessage: onQueue(messageInput, (queue, input) => sendOne(queue, input)),
    SendMessageBatch: onQueue(batchOf(messageInput), (queue, { Entries }) =>
      Entries.reduce((sum, entry) => sum + inputBytes(entry), 0) > maxBatchBytes
        ? failed(
            'BatchRequestTooLong',
            `Batch requests cannot be longer than ${maxBatchBytes} bytes.`,
            'AWS.SimpleQueueService.BatchRequestTooLong',
          )
        : eachOf(Entries, (entry) => sendOne(queue, entry)),
    ),
    ReceiveMessage: onQueue(receiveInput, (queue, input, gone) => receive(queue, input, gone, directory)),
    DeleteMessage: onQueue(handle, (queue, { ReceiptHandle }) => deleteOne(queue, ReceiptHandle)),
    DeleteMessageBatch: onQueue(batchOf(handle), (queue, { Entries }) =>
      eachOf(Entries, ({ ReceiptHandle }) => deleteOne(queue, ReceiptHandle)),
    ),
    ChangeMessageVisibility: onQueue({ ...handle, ...visibility }, changeOne),
    ChangeMessageVisibilityBatch: onQueue(batchOf({ ...handle, ...visibility }), (queue, { Entries }) =>
      eachOf(Entries, (entry) => changeOne(queue, entry)),
    ),
    GetQueueAttributes: onQueue(
      { AttributeNames: z.array(z.string()).default([]) },
      (queue, { AttributeNames }) => {
        const all = attributesOf(queue, directory);
        const unknown = AttributeNames.find((name) => name !== 'All' && !(name in all) && !isOptional(name));
        if (unknown !== undefined) return failed('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
        const wanted = Object.entries(all).filter(
          ([name]) => AttributeNames.includes('All') || AttributeNames.includes(name),
        );
        return succeeded(wanted.length === 0 ? {} : { Attributes: Object.fromEntries(wanted) });
      },
    ),
    GetQueueUrl: operation(z.strictObject({ QueueName: z.string() }), ({ QueueName }) => {
      const queue = directory.find(QueueName);
      return queue === undefined ? noSuchQueue : succeeded({ QueueUrl: directory.url(queue) });
    }),
    ListQueues: operation(
      z.strictObject({ QueueNamePrefix: z.string().default('') }),
      ({ QueueNamePrefix }) => {
        const found = directory.queues.filter(({ settings }) => settings.name.startsWith(QueueNamePrefix));
        return succeeded(found.length === 0 ? {} : { QueueUrls: found.map((queue) => directory.url(queue)) });
      },
    ),
    PurgeQueue: onQueue({}, (queue) => {
      queue.purge();
      return succeeded();
    }),
  };
}

const receiveInput = {
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  VisibilityTimeout: visibility.VisibilityTimeout.optional(),
  WaitTimeSeconds: z.int().min(0).max(20).optional(),
  AttributeNames: z.array(z.string()).default([]),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
  MessageAttributeNames: z.array(z.string()).default([]),
};

async function receive(
  queue: Queue,
  input: z.output<z.ZodObject<typeof receiveInput>>,
  gone: () => boolean,
  directory: QueueDirectory,
): Promise<Outcome> {
  const waitSeconds = input.WaitTimeSeconds ?? queue.settings.waitSeconds;
  const until = directory.now() + waitSeconds * 1_000;
  for (;;) {
    // The caller has disconnected: received messages would stay invisible until their timeout.
    if (gone()) return succeeded();
    const received = queue.receive(input.MaxNumberOfMessages, input.VisibilityTimeout);
    const left = until - directory.now();
    if (received.length === 0 && left > 0 && !directory.closing()) {
      await queue.change(left);
      continue;
    }
    const requested = {
      system: [...input.AttributeNames, ...input.MessageSystemAttributeNames],
      attributes: input.MessageAttributeNames,
    };
    const Messages = received.map((each) => receivedMessage(each, requested, directory.arn));
    return succeeded(Messages.length === 0 ? {} : { Messages });
  }
}

const noSuchQueue = failed(
  'QueueDoesNotExist',
  'The specified queue does not exist.',
  'AWS.SimpleQueueService.NonExistentQueue',
);

function batchOf<Shape extends z.ZodRawShape>(shape: Shape) {
  return { Entries: z.array(z.strictObject({ Id: z.string(), ...shape })) };
}

/** Runs each entry of a batch and lists the successful and the failed ones. */
function eachOf<Entry extends { readonly Id: string }>(
  entries: readonly Entry[],
  run: (entry: Entry) => Outcome,
): Outcome {
  const fault = batchFault(entries.map(({ Id }) => Id));
  if (fault !== undefined) return failed(fault.type, fault.message, `AWS.SimpleQueueService.${fault.type}`);
  const outcomes = entries.map((entry) => ({ Id: entry.Id, outcome: run(entry) }));
  return succeeded({
    Successful: outcomes.flatMap(({ Id, outcome }) => (outcome.ok ? [{ Id, ...outcome.output }] : [])),
    Failed: outcomes.flatMap(({ Id, outcome }) =>
      outcome.ok
        ? []
        : [
            {
              Id,
              SenderFault: true,
              Code: outcome.error.queryCode ?? outcome.error.type,
              Message: outcome.error.message,
            },
          ],
    ),
  });
}

function batchFault(ids: readonly string[]): AwsError | undefined {
  if (ids.length === 0) {
    return { type: 'EmptyBatchRequest', message: 'There should be at least one entry in the request.' };
  }
  if (ids.length > 10) {
    return {
      type: 'TooManyEntriesInBatchRequest',
      message: `Maximum number of entries per request are 10. You have sent ${ids.length}.`,
    };
  }
  const malformed = ids.find((id) => !/^[A-Za-z0-9_-]{1,80}$/.test(id));
  if (malformed !== undefined) {
    return {
      type: 'InvalidBatchEntryId',
      message:
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
    };
  }
  const repeated = ids.find((id, index) => ids.indexOf(id) !== index);
  return repeated === undefined
    ? undefined
    : { type: 'BatchEntryIdsNotDistinct', message: `Id ${repeated} repeated.` };
}

function deleteOne(queue: Queue, receiptHandle: string): Outcome {
  const result = queue.delete(receiptHandle);
  if (result === 'invalid') return invalidHandle;
  return result === 'expired'
    ? failed(
        'InvalidParameterValueException',
        `Value ${receiptHandle} for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.`,
        'InvalidParameterValue',
      )
    : succeeded();
}

function changeOne(
  queue: Queue,
  input: { readonly ReceiptHandle: string; readonly VisibilityTimeout: number },
): Outcome {
  const result = queue.changeVisibility(input.ReceiptHandle, input.VisibilityTimeout);
  if (result === 'invalid') return invalidHandle;
  return result === 'not-in-flight'
    ? failed(
        'MessageNotInflight',
        'The message referred to is not in flight.',
        'AWS.SimpleQueueService.MessageNotInflight',
      )
    : succeeded();
}

const invalidHandle = failed('ReceiptHandleIsInvalid', 'The input receipt handle is invalid.');

const isOptional = (name: string): boolean =>
  ['RedrivePolicy', 'FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope'].includes(name);

function attributesOf(queue: Queue, { arn }: Pick<QueueDirectory, 'arn'>): Readonly<Record<string, string>> {
  const { settings } = queue;
  const counts = queue.counts();
  return {
    QueueArn: arn(settings.id),
    ApproximateNumberOfMessages: String(counts.visible),
    ApproximateNumberOfMessagesNotVisible: String(counts.inFlight),
    ApproximateNumberOfMessagesDelayed: String(counts.delayed),
    VisibilityTimeout: String(settings.visibilityTimeoutSeconds),
    DelaySeconds: String(settings.delaySeconds),
    MessageRetentionPeriod: String(settings.retentionSeconds),
    MaximumMessageSize: String(settings.maxMessageBytes),
    ReceiveMessageWaitTimeSeconds: String(settings.waitSeconds),
    ...(settings.redrive === undefined
      ? {}
      : {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: arn(settings.redrive.deadLetterQueueId),
            maxReceiveCount: settings.redrive.maxReceiveCount,
          }),
        }),
    ...(settings.isFifo
      ? {
          FifoQueue: 'true',
          ContentBasedDeduplication: String(settings.contentBasedDeduplication),
          DeduplicationScope: settings.deduplicationScope,
        }
      : {}),
  };
}
