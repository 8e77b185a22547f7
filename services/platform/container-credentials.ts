import type { SigningKeys } from '../../runtime/events/open-event-log.ts';
import { requestText, UnexpectedStatusError } from '../../runtime/http/fetch-json.ts';

/** The address of the ECS agent inside a task. */
const agent = 'http://169.254.170.2';

/**
 * Reads the current credentials of the task's role from the ECS agent
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html).
 *
 * @param path `AWS_CONTAINER_CREDENTIALS_RELATIVE_URI` of the task.
 * @throws {Error} outside ECS, or if the task has no role.
 */
export async function containerCredentials(
  path: string | undefined,
  address: string = agent,
): Promise<SigningKeys> {
  if (path === undefined) {
    throw new Error('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not set. Give the task a role.');
  }
  const { status, text } = await requestText(`${address}${path}`, { method: 'GET', headers: {} });
  if (status !== 200) throw new UnexpectedStatusError('The task role', status);
  const { AccessKeyId, SecretAccessKey, Token } = JSON.parse(text) as Readonly<Record<string, string>>;
  if (AccessKeyId === undefined || SecretAccessKey === undefined || Token === undefined) {
    throw new Error('The ECS agent returned no credentials for the task role.');
  }
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token };
}
