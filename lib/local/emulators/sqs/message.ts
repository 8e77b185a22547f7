import { createHash } from 'node:crypto';
import { z } from 'zod';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html */
export const messageAttribute = z.strictObject({
  DataType: z.string().regex(/^(String|Number|Binary)(\..+)?$/),
  StringValue: z.string().optional(),
  /** Base64. */
  BinaryValue: z.base64().optional(),
});
export type MessageAttributes = Readonly<Record<string, z.output<typeof messageAttribute>>>;

/** A message as a sender passes it. */
export interface NewMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader?: string | undefined;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** The delay of the queue when omitted. */
  readonly delaySeconds?: number | undefined;
}

/** A message of a queue. Instants are milliseconds since 1970. */
export interface Message extends NewMessage {
  readonly id: string;
  readonly sentAt: number;
  /** Of FIFO queues: twenty digits that increase. */
  readonly sequence?: string | undefined;
  /** How often it was received. */
  readonly receiveCount: number;
  readonly firstReceivedAt?: number | undefined;
  /** Until then the message is delayed or, if it was received before, in flight. */
  readonly visibleAt: number;
  /** Of a message in a dead-letter queue: the id of the queue that it comes from. */
  readonly deadLetterSource?: string | undefined;
}

export const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex');

/** The MD5 digest of message attributes, which the AWS SDK verifies; undefined when there are none. */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const names = Object.keys(attributes).sort();
  if (names.length === 0) return undefined;
  const hash = createHash('md5');
  const part = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  };
  for (const name of names) {
    const { DataType = '', StringValue, BinaryValue = '' } = attributes[name] ?? {};
    part(Buffer.from(name));
    part(Buffer.from(DataType));
    hash.update(Buffer.from([StringValue === undefined ? 2 : 1]));
    part(StringValue === undefined ? Buffer.from(BinaryValue, 'base64') : Buffer.from(StringValue));
  }
  return hash.digest('hex');
}

/** The size of a message in bytes: its body, and the names, types and values of its attributes. */
export function messageBytes({ body, attributes }: Pick<NewMessage, 'body' | 'attributes'>): number {
  const sizes = Object.entries(attributes).map(([name, { DataType, StringValue, BinaryValue }]) => {
    const value =
      StringValue === undefined
        ? Buffer.byteLength(BinaryValue ?? '', 'base64')
        : Buffer.byteLength(StringValue);
    return Buffer.byteLength(name) + Buffer.byteLength(DataType) + value;
  });
  return sizes.reduce((sum, size) => sum + size, Buffer.byteLength(body));
}
