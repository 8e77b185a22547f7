import type { Lambda } from '@aws-sdk/client-lambda';
import type { Message, SQS } from '@aws-sdk/client-sqs';
import { replaySource } from '../../../lambda/events/contract.ts';
import type { DeadLetterQueueNames } from '../../compile/resource-names.ts';
import { sendToAws } from './aws-clients.ts';
import { type DeadLetterContent, describeDeadLetter } from './dead-letter-content.ts';

/** A message that a consumer could not process. */
export interface DeadLetter extends DeadLetterContent {
  readonly messageId: string;
}

export interface QueueSummary {
  readonly consumer: string;
  /** Approximate, as SQS counts. */
  readonly waiting: number;
  /** Time of the oldest of the messages that were read, ISO 8601; null without one. */
  readonly oldest: string | null;
}

export interface ReplayResult {
  readonly replayed: readonly string[];
  /** Messages that stay in the dead-letter queue, with the reason and what to do. */
  readonly refused: readonly { readonly messageId: string; readonly reason: string }[];
  /** Whether the consumer took all of them while the command waited; a Kafka consumer answers at once. */
  readonly isProcessed: boolean;
}

/** The dead-letter queues of a gateway, by the names of their consumers. */
export interface DeadLetterQueues {
  readonly consumers: readonly string[];
  summary(consumer: string): Promise<QueueSummary>;
  /**
   * Lists the waiting messages, the oldest first, and leaves them in the queue. SQS returns at most ten of a FIFO group
   * at a time, and the others when these are gone.
   */
  list(consumer: string): Promise<readonly DeadLetter[]>;
  /** Returns the chosen messages to where they came from: each is stored there before it is deleted here. */
  replay(consumer: string, isChosen: (letter: DeadLetter) => boolean): Promise<ReplayResult>;
}

interface Held {
  readonly message: Message;
  readonly letter: DeadLetter;
}

export interface DeadLetterPorts {
  readonly sqs: SQS;
  readonly lambda: Lambda;
  /** Waits this long. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
}

/** Messages that a command reads at most: it holds them in memory, and hides them from other readers. */
const mostMessages = 1_000;
const pauseMilliseconds = 500;
const waitsForConsumer = 60;

export function openDeadLetterQueues(
  ports: DeadLetterPorts,
  queues: Readonly<Record<string, DeadLetterQueueNames>>,
): DeadLetterQueues {
  const { sqs } = ports;
  const named = (consumer: string): DeadLetterQueueNames => {
    const found = queues[consumer];
    if (found === undefined) throw new Error(`The consumer ${consumer} has no dead-letter queue.`);
    return found;
  };
  const list = async (consumer: string): Promise<readonly DeadLetter[]> => {
    const { queue } = named(consumer);
    const held: Held[] = [];
    for await (const batch of receive(sqs, queue)) held.push(...batch);
    await release(sqs, queue, held);
    return held.map(({ letter }) => letter).sort((a, b) => a.time.localeCompare(b.time));
  };
  return {
    consumers: Object.keys(queues),
    list,
    async summary(consumer) {
      const waiting = await messageCount(sqs, named(consumer).queue);
      const [first] = waiting === 0 ? [] : await list(consumer);
      return { consumer, waiting, oldest: first?.time ?? null };
    },
    async replay(consumer, isChosen) {
      const { queue, returnsTo } = named(consumer);
      const replayed: string[] = [];
      const refused: { messageId: string; reason: string }[] = [];
      const left: Held[] = [];
      const targets = new Set<string>();
      for await (const batch of receive(sqs, queue)) {
        // In sequence, to keep the order within each FIFO group.
        for (const held of batch) {
          if (!isChosen(held.letter)) {
            left.push(held);
            continue;
          }
          const reason =
            'queue' in returnsTo
              ? await sendBack(sqs, held.message, returnsTo.queue, targets)
              : await invokeConsumer(ports.lambda, held, returnsTo.kafkaConsumer);
          if (reason === undefined) {
            const received = { QueueUrl: queue, ReceiptHandle: held.message.ReceiptHandle };
            await sendToAws('SQS DeleteMessage', sqs.deleteMessage(received));
            replayed.push(held.letter.messageId);
          } else {
            refused.push({ messageId: held.letter.messageId, reason });
            left.push(held);
          }
        }
      }
      await release(sqs, queue, left);
      return { replayed, refused, isProcessed: await areEmpty(ports, targets) };
    },
  };
}

/** Receives batches until none has a new message: a message whose visibility timeout ends is received again. */
async function* receive(sqs: SQS, QueueUrl: string): AsyncGenerator<readonly Held[]> {
  const seen = new Set<string>();
  while (seen.size < mostMessages) {
    const call = sqs.receiveMessage({
      QueueUrl,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: 120,
      WaitTimeSeconds: 1,
      MessageSystemAttributeNames: [
        'MessageGroupId',
        'SentTimestamp',
        'ApproximateReceiveCount',
        'DeadLetterQueueSourceArn',
      ],
      MessageAttributeNames: ['All'],
    });
    const messages = (await sendToAws('SQS ReceiveMessage', call))?.Messages ?? [];
    const fresh = messages.filter(({ MessageId = '' }) => !seen.has(MessageId));
    if (fresh.length === 0) return;
    for (const { MessageId = '' } of fresh) seen.add(MessageId);
    yield fresh.map((message) => ({
      message,
      letter: { messageId: message.MessageId ?? '-', ...describeDeadLetter(message) },
    }));
  }
}

async function release(sqs: SQS, QueueUrl: string, held: readonly Held[]): Promise<void> {
  await Promise.all(
    held.map(async ({ message: { ReceiptHandle } }) => {
      const call = sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 });
      await sendToAws('SQS ChangeMessageVisibility', call);
    }),
  );
}

/** Sends a message to the queue that SQS moved it from, or to that of the consumer, which buried it itself. */
async function sendBack(
  sqs: SQS,
  { MessageId, Body, Attributes, MessageAttributes }: Message,
  consumerQueue: string,
  targets: Set<string>,
): Promise<undefined> {
  const { MessageGroupId, DeadLetterQueueSourceArn: source } = Attributes ?? {};
  const QueueName = source?.split(':').at(-1);
  const found =
    QueueName === undefined ? undefined : await sendToAws('SQS GetQueueUrl', sqs.getQueueUrl({ QueueName }));
  const QueueUrl = found?.QueueUrl ?? consumerQueue;
  const call = sqs.sendMessage({
    QueueUrl,
    MessageBody: Body,
    MessageAttributes,
    // A deduplication id that the queue has seen within five minutes would drop the message without an error.
    ...(MessageGroupId === undefined ? {} : { MessageGroupId, MessageDeduplicationId: MessageId }),
  });
  await sendToAws('SQS SendMessage', call);
  targets.add(QueueUrl);
}

/** Gives a Kafka record to its consumer again. Returns why it cannot be replayed. */
async function invokeConsumer(
  lambda: Lambda,
  { letter: { record } }: Held,
  FunctionName: string,
): Promise<string | undefined> {
  if (record === undefined) {
    return 'It holds no record, only its position: produce the record to its topic again, then delete the message.';
  }
  const { partition, offset, value } = record;
  const event = { source: replaySource, records: { [partition]: [{ offset, value }] } };
  const call = lambda.invoke({ FunctionName, Payload: Buffer.from(JSON.stringify(event)) });
  const answer = await sendToAws(`Lambda Invoke of ${FunctionName}`, call);
  const { batchItemFailures } = JSON.parse(Buffer.from(answer?.Payload ?? []).toString()) as {
    readonly batchItemFailures?: readonly unknown[];
  };
  if (answer?.FunctionError === undefined && batchItemFailures?.length === 0) return undefined;
  return 'The consumer still cannot process it: remove the cause that its log names, then replay it again.';
}

/** Waits until queues are empty; false if they are not in time. */
async function areEmpty({ sqs, pause }: DeadLetterPorts, queues: ReadonlySet<string>): Promise<boolean> {
  for (let attempt = 0; attempt < waitsForConsumer; attempt += 1) {
    const counts = await Promise.all([...queues].map((queue) => messageCount(sqs, queue)));
    if (counts.every((count) => count === 0)) return true;
    await pause(pauseMilliseconds);
  }
  return false;
}

const countNames = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

async function messageCount(sqs: SQS, QueueUrl: string): Promise<number> {
  const call = sqs.getQueueAttributes({ QueueUrl, AttributeNames: [...countNames] });
  const { Attributes = {} } = (await sendToAws('SQS GetQueueAttributes', call)) ?? {};
  return countNames.reduce((total, name) => total + Number(Attributes[name] ?? 0), 0);
}
