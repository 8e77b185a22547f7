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

/** What a sender gives. */
export interface NewMessage {
  readonly body: string;
  readonly attributes: MessageAttributes;
  readonly traceHeader?: string | undefined;
  readonly groupId?: string | undefined;
  readonly deduplicationId?: string | undefined;
  /** The queue's own when left out. */
  readonly delaySeconds?: number | undefined;
}

/** A message of a queue. Instants are milliseconds since 1970. */
export interface Message extends NewMessage {
  readonly id: string;
  readonly sentAt: number;
  /** Of FIFO queues: twenty digits that grow. */
  readonly sequence?: string | undefined;
  /** How often it was handed out. */
  readonly receiveCount: number;
  readonly firstReceivedAt?: number | undefined;
  /** Delayed, or in flight when it was handed out before, until then. */
  readonly visibleAt: number;
  /** The queue that it comes from, of a message of a dead-letter queue. */
  readonly deadLetterSource?: string | undefined;
}

export const md5 = (text: string | Buffer): string => createHash('md5').update(text).digest('hex');

/** The digest of attributes that a client compares; undefined when there are none. */
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

/** What counts towards the limit of a message: body, and names, types and values of its attributes. */
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
