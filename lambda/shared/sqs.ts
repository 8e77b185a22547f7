import type { AwsCredentials } from './aws-credentials.ts';
import { callAws, sqs } from './aws-json.ts';
import { UnexpectedStatusError } from './http.ts';

export interface SqsQueue {
  readonly credentials: AwsCredentials;
  /** Base URL of the service, without a path. */
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly timeoutMilliseconds: number;
}

/** What a message of a FIFO queue must have. */
export interface FifoPlace {
  readonly groupId: string;
  readonly deduplicationId: string;
}

/** Resolves once the queue has the message, on several servers. Rejects when that is not known in time. */
export async function sendMessage(
  { credentials, endpoint, queueUrl, timeoutMilliseconds }: SqsQueue,
  body: string,
  fifo?: FifoPlace,
): Promise<void> {
  const { status } = await callAws(
    sqs(endpoint),
    credentials,
    'SendMessage',
    {
      QueueUrl: queueUrl,
      MessageBody: body,
      ...(fifo === undefined
        ? {}
        : { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId }),
    },
    timeoutMilliseconds,
  );
  if (status !== 200) throw new UnexpectedStatusError(`SendMessage ${queueUrl} at ${endpoint}`, status);
}
