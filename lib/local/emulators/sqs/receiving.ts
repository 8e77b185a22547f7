import { type MessageAttributes, md5, md5OfAttributes } from './message.ts';
import type { Received } from './queue.ts';

/** The system attributes of a received message, as SQS returns them. */
export function systemAttributes(
  { message }: Received,
  arn: (queueId: string) => string,
): Readonly<Record<string, string>> {
  const known: Readonly<Record<string, string | undefined>> = {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    // The emulator does not authenticate callers.
    SenderId: 'local',
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
    SequenceNumber: message.sequence,
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.deduplicationId,
    AWSTraceHeader: message.traceHeader,
    DeadLetterQueueSourceArn:
      message.deadLetterSource === undefined ? undefined : arn(message.deadLetterSource),
  };
  return Object.fromEntries(
    Object.entries(known).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** A message as `ReceiveMessage` returns it, with the requested attributes. */
export function receivedMessage(
  received: Received,
  requested: { readonly system: readonly string[]; readonly attributes: readonly string[] },
  arn: (queueId: string) => string,
): Readonly<Record<string, unknown>> {
  const { message, receiptHandle } = received;
  const system = Object.entries(systemAttributes(received, arn)).filter(
    ([name]) => requested.system.includes('All') || requested.system.includes(name),
  );
  const attributes: MessageAttributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => isRequested(name, requested.attributes)),
  );
  const digest = md5OfAttributes(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: receiptHandle,
    MD5OfBody: md5(message.body),
    Body: message.body,
    ...(system.length === 0 ? {} : { Attributes: Object.fromEntries(system) }),
    ...(digest === undefined ? {} : { MessageAttributes: attributes, MD5OfMessageAttributes: digest }),
  };
}

/** A request names an attribute, all of them (`All`, `.*`), or a prefix (`shop.*`). */
const isRequested = (name: string, requested: readonly string[]): boolean =>
  requested.some((wanted) =>
    wanted === 'All' || wanted === '.*'
      ? true
      : wanted.endsWith('.*')
        ? name.startsWith(wanted.slice(0, -2))
        : name === wanted,
  );
