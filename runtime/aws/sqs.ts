import { UnexpectedStatusError } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { callAws, sqs } from './aws-json.ts';

export interface SqsQueue {
  readonly credentials: AwsCredentials;
  /** Base URL of the service, without a path. */
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly timeoutMilliseconds: number;
}

/** Required for a message of a FIFO queue. */
export interface FifoOptions {
  readonly groupId: string;
  readonly deduplicationId: string;
}

/**
 * JSON text that SQS accepts as a message: it refuses U+FFFE and U+FFFF, which JSON allows in strings
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). They are
 * escaped; the value stays the same.
 */
export function messageText(json: string): string {
  return json.replaceAll('\uFFFE', String.raw`\ufffe`).replaceAll('\uFFFF', String.raw`\uffff`);
}

/** Resolves once the queue has stored the message. Rejects when that is not confirmed in time. */
export async function sendMessage(
  { credentials, endpoint, queueUrl, timeoutMilliseconds }: SqsQueue,
  json: string,
  fifo?: FifoOptions,
): Promise<void> {
  const { status } = await callAws(sqs(endpoint, timeoutMilliseconds), credentials, 'SendMessage', {
    QueueUrl: queueUrl,
    MessageBody: messageText(json),
    ...(fifo === undefined
      ? {}
      : { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId }),
  });
  if (status !== 200) throw new UnexpectedStatusError(`SendMessage ${queueUrl} at ${endpoint}`, status);
}
