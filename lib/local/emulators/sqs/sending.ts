import { z } from 'zod';
import type { AwsError } from '../http/aws-json-server.ts';
import { md5, md5OfAttributes, messageAttribute, messageBytes, type NewMessage } from './message.ts';
import type { Queue } from './queue.ts';

/** The input of one message, alone or in a batch. */
export const messageInput = {
  MessageBody: z.string().min(1),
  DelaySeconds: z.int().min(0).max(900).optional(),
  MessageAttributes: z.record(z.string(), messageAttribute).default({}),
  MessageSystemAttributes: z.strictObject({ AWSTraceHeader: messageAttribute.optional() }).default({}),
  MessageDeduplicationId: z.string().min(1).max(128).optional(),
  MessageGroupId: z.string().min(1).max(128).optional(),
};
export type MessageInput = z.output<z.ZodObject<typeof messageInput>>;

type SendOutcome =
  | { readonly ok: true; readonly output: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly error: AwsError };

/** The characters that a message may contain (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). */
const allowed = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

/** Sends one message; returns the error of SQS when the message is invalid. */
export function sendOne(queue: Queue, input: MessageInput): SendOutcome {
  const error = faultOf(queue, input);
  if (error !== undefined) return { ok: false, error };
  const attributes = input.MessageAttributes;
  const sent = queue.send(newMessage(input));
  const digest = md5OfAttributes(attributes);
  return {
    ok: true,
    output: {
      MessageId: sent.id,
      MD5OfMessageBody: md5(input.MessageBody),
      ...(digest === undefined ? {} : { MD5OfMessageAttributes: digest }),
      ...(sent.sequence === undefined ? {} : { SequenceNumber: sent.sequence }),
    },
  };
}

/** The size of a message in bytes, as it counts towards the limits. */
export const inputBytes = (input: MessageInput): number => messageBytes(newMessage(input));

const newMessage = (input: MessageInput): NewMessage => ({
  body: input.MessageBody,
  attributes: input.MessageAttributes,
  traceHeader: input.MessageSystemAttributes.AWSTraceHeader?.StringValue,
  groupId: input.MessageGroupId,
  deduplicationId: input.MessageDeduplicationId,
  delaySeconds: input.DelaySeconds,
});

function faultOf({ settings }: Queue, input: MessageInput): AwsError | undefined {
  const invalid = (message: string): AwsError => ({
    type: 'InvalidParameterValueException',
    message,
    queryCode: 'InvalidParameterValue',
  });
  if (!allowed.test(input.MessageBody)) {
    return { type: 'InvalidMessageContents', message: 'Invalid characters found in the message body.' };
  }
  if (inputBytes(input) > settings.maxMessageBytes) {
    return invalid(
      `One or more parameters are invalid. Reason: Message must be shorter than ${settings.maxMessageBytes} bytes.`,
    );
  }
  if (Object.keys(input.MessageAttributes).length > 10) {
    return invalid('Number of message attributes exceeds the allowed maximum 10.');
  }
  const empty = Object.entries(input.MessageAttributes).find(
    ([, { StringValue, BinaryValue }]) => (StringValue ?? BinaryValue ?? '') === '',
  );
  if (empty !== undefined) {
    return invalid(`The message attribute '${empty[0]}' must contain a non-empty message attribute value.`);
  }
  if (!settings.isFifo) {
    return input.MessageDeduplicationId === undefined
      ? undefined
      : invalid(
          `Value ${input.MessageDeduplicationId} for parameter MessageDeduplicationId is invalid. ` +
            'Reason: The request includes a parameter that is not valid for this queue type.',
        );
  }
  if (input.DelaySeconds !== undefined && input.DelaySeconds !== 0) {
    return invalid(
      `Value ${input.DelaySeconds} for parameter DelaySeconds is invalid. ` +
        'Reason: The request include parameter that is not valid for this queue type.',
    );
  }
  if (input.MessageGroupId === undefined) {
    return {
      type: 'MissingRequiredParameterException',
      message: 'The request must contain the parameter MessageGroupId.',
      queryCode: 'MissingParameter',
    };
  }
  if (input.MessageDeduplicationId === undefined && !settings.contentBasedDeduplication) {
    return invalid(
      'The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly',
    );
  }
  return undefined;
}
