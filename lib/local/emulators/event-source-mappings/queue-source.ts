import type { InvocationResult } from '../lambda/runtime-api.ts';
import { md5, md5OfAttributes } from '../sqs/message.ts';
import type { Queue, Received } from '../sqs/queue.ts';
import { systemAttributes } from '../sqs/receiving.ts';
import { filteredText } from './filter.ts';
import { itemFailures } from './item-failures.ts';
import type { QueueMapping } from './mapping-resources.ts';

export interface QueueSourcePorts {
  readonly queue: Queue;
  readonly invoke: (event: unknown) => Promise<InvocationResult>;
  readonly arn: (queueId: string) => string;
  readonly region: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The maximum number of messages per receive call. */
const maxReceived = 10;
/** The longest wait for messages before the poller receives again. */
const longestWaitMilliseconds = 20_000;

/**
 * Delivers the messages of a queue to the function until the signal aborts, as
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html describes: messages that succeed or match no filter are
 * deleted; all others become visible again after the visibility timeout of the queue.
 */
export async function pollQueue(
  mapping: QueueMapping,
  ports: QueueSourcePorts,
  signal: AbortSignal,
): Promise<void> {
  const { queue } = ports;
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  const change = (milliseconds: number) => Promise.race([queue.change(milliseconds), aborted]);
  while (!signal.aborted) {
    const batch = await gather(mapping, ports, change, signal);
    if (batch.length > 0) await deliver(batch, mapping, ports);
  }
}

/** Collects the next messages for the function until the batch is full or the batching window ends. */
async function gather(
  { batchSize, windowSeconds, filters }: QueueMapping,
  { queue, now }: QueueSourcePorts,
  change: (milliseconds: number) => Promise<void>,
  signal: AbortSignal,
): Promise<readonly Received[]> {
  const batch: Received[] = [];
  let until = Infinity;
  while (!signal.aborted && batch.length < batchSize) {
    const received = queue.receive(Math.min(maxReceived, batchSize - batch.length));
    for (const each of received) {
      const matches = filters.length === 0 || filters.some((filter) => filter.matches(filteredMessage(each)));
      if (matches) batch.push(each);
      else queue.delete(each.receiptHandle);
    }
    if (batch.length > 0 && until === Infinity) until = now() + windowSeconds * 1_000;
    if (received.length > 0) continue;
    const left = until - now();
    if (left <= 0) break;
    await change(Math.min(left, longestWaitMilliseconds));
  }
  return batch;
}

async function deliver(
  batch: readonly Received[],
  mapping: QueueMapping,
  { queue, invoke, arn, region }: QueueSourcePorts,
): Promise<void> {
  const Records = batch.map((received) => queueRecord(received, arn, queue.settings.id, region));
  const result = await invoke({ Records });
  if (!result.ok) return;
  const failures = mapping.reportsItemFailures ? itemFailures(result.payload) : [];
  const known = new Set<unknown>(batch.map(({ message }) => message.id));
  // An identifier of an unknown message makes the whole batch fail, as in AWS.
  if (failures === null || !failures.every((id) => known.has(id))) return;
  for (const { message, receiptHandle } of batch) {
    if (!failures.includes(message.id)) queue.delete(receiptHandle);
  }
}

/** A message as the function receives it (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event). */
function queueRecord(
  received: Received,
  arn: (queueId: string) => string,
  queueId: string,
  region: string,
): Readonly<Record<string, unknown>> {
  const { message, receiptHandle } = received;
  const digest = md5OfAttributes(message.attributes);
  return {
    messageId: message.id,
    receiptHandle,
    body: message.body,
    attributes: systemAttributes(received, arn),
    messageAttributes: Object.fromEntries(
      Object.entries(message.attributes).map(([name, { DataType, StringValue, BinaryValue }]) => [
        name,
        {
          ...(StringValue === undefined ? {} : { stringValue: StringValue }),
          ...(BinaryValue === undefined ? {} : { binaryValue: BinaryValue }),
          stringListValues: [],
          binaryListValues: [],
          dataType: DataType,
        },
      ]),
    ),
    ...(digest === undefined ? {} : { md5OfMessageAttributes: digest }),
    md5OfBody: md5(message.body),
    eventSource: 'aws:sqs',
    eventSourceARN: arn(queueId),
    awsRegion: region,
  };
}

/** The view of a message that filters match. */
function filteredMessage({ message }: Received): Readonly<Record<string, unknown>> {
  return { body: filteredText(message.body), messageId: message.id };
}
