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

/** What a message of a FIFO queue must have. */
export interface FifoOptions {
  readonly groupId: string;
  readonly deduplicationId: string;
}

/**
 * JSON as a message may hold it: SQS refuses a message with U+FFFE or U+FFFF, which JSON allows in strings
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html). Their escapes mean the same.
 */
export function messageText(json: string): string {
  return json.replaceAll('\uFFFE', String.raw`\ufffe`).replaceAll('\uFFFF', String.raw`\uffff`);
}

/** Resolves once the queue has the message, on several servers. Rejects when that is not known in time. */
export async function sendMessage(
  { credentials, endpoint, queueUrl, timeoutMilliseconds }: SqsQueue,
  json: string,
  fifo?: FifoOptions,
): Promise<void> {
  const { status } = await callAws(
    sqs(endpoint),
    credentials,
    'SendMessage',
    {
      QueueUrl: queueUrl,
      MessageBody: messageText(json),
      ...(fifo === undefined
        ? {}
        : { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId }),
    },
    timeoutMilliseconds,
  );
  if (status !== 200) throw new UnexpectedStatusError(`SendMessage ${queueUrl} at ${endpoint}`, status);
}
