import type { AwsCredentials } from './aws-credentials.ts';
import { callAws, sqs } from './aws-json.ts';
import { type Environment, optionalEnv, requireEnv } from './env.ts';
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

export function sqsEndpoint(environment: Environment): string {
  return (
    optionalEnv(environment, 'AWS_ENDPOINT_URL_SQS') ??
    `https://sqs.${requireEnv(environment, 'AWS_REGION')}.amazonaws.com`
  );
}
