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

/** Resolves once the queue has the message, on several servers. Rejects when that is not known in time. */
export async function sendMessage(
  { credentials, endpoint, queueUrl, timeoutMilliseconds }: SqsQueue,
  body: string,
): Promise<void> {
  const { status } = await callAws(
    sqs(endpoint),
    credentials,
    'SendMessage',
    { QueueUrl: queueUrl, MessageBody: body },
    timeoutMilliseconds,
  );
  if (status !== 200) throw new UnexpectedStatusError(`SendMessage ${queueUrl} at ${endpoint}`, status);
}
