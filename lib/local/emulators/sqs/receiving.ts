import { type MessageAttributes, md5, md5OfAttributes } from './message.ts';
import type { Received } from './queue.ts';

/** Attributes that SQS itself gives a message, as texts. */
export function systemAttributes(
  { message }: Received,
  arn: (queueId: string) => string,
): Readonly<Record<string, string>> {
  const known: Readonly<Record<string, string | undefined>> = {
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentAt),
    // Whoever calls here has no identity.
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

/** A message as ReceiveMessage gives it, with the attributes that were asked for. */
export function receivedMessage(
  received: Received,
  asked: { readonly system: readonly string[]; readonly attributes: readonly string[] },
  arn: (queueId: string) => string,
): Readonly<Record<string, unknown>> {
  const { message, receiptHandle } = received;
  const system = Object.entries(systemAttributes(received, arn)).filter(
    ([name]) => asked.system.includes('All') || asked.system.includes(name),
  );
  const attributes: MessageAttributes = Object.fromEntries(
    Object.entries(message.attributes).filter(([name]) => isAsked(name, asked.attributes)),
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

/** By name, `All`, `.*`, or a prefix as `shop.*`. */
const isAsked = (name: string, asked: readonly string[]): boolean =>
  asked.some((wanted) =>
    wanted === 'All' || wanted === '.*'
      ? true
      : wanted.endsWith('.*')
        ? name.startsWith(wanted.slice(0, -2))
        : name === wanted,
  );
