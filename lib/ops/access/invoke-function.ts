import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { OpsError } from '../commands/ops-error.ts';
import { callRest } from './aws-rest.ts';

/**
 * Invokes a function and gives its answer (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
 *
 * @param endpoint Base URL of Lambda's API, without a path.
 */
export async function invoke(
  endpoint: string,
  credentials: AwsCredentials,
  functionName: string,
  event: object,
): Promise<unknown> {
  const { status, headers, text } = await callRest(credentials, {
    service: 'lambda',
    endpoint,
    method: 'POST',
    path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
    headers: { 'content-type': 'application/octet-stream' },
    body: JSON.stringify(event),
  });
  if (status === 200 && !headers.has('x-amz-function-error')) return JSON.parse(text);
  throw new OpsError(
    `The function ${functionName} did not answer (${status}): ${text}`,
    'See its log, and that the credentials may invoke it.',
  );
}
