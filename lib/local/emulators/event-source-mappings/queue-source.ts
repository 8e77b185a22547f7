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

/** Of one receive call. */
const maxReceived = 10;
/** How long an empty queue is waited for before it is looked at again. */
const longestWaitMilliseconds = 20_000;

/**
 * Brings messages of a queue to the function until the signal aborts, as
 * https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html says: what succeeded is deleted, and so is what no filter is
 * for; everything else comes again after the queue's visibility timeout.
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

/** The next messages that are for the function: as many as a batch may hold, or as the window brings. */
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
      const meant = filters.length === 0 || filters.some((filter) => filter.matches(filteredMessage(each)));
      if (meant) batch.push(each);
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
  // One that is of no message makes the whole batch a failure.
  if (failures === null || !failures.every((id) => known.has(id))) return;
  for (const { message, receiptHandle } of batch) {
    if (!failures.includes(message.id)) queue.delete(receiptHandle);
  }
}

/** A message as a function gets it (https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html#example-standard-queue-message-event). */
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

/** A message as filters see it. */
function filteredMessage({ message }: Received): Readonly<Record<string, unknown>> {
  return { body: filteredText(message.body), messageId: message.id };
}
