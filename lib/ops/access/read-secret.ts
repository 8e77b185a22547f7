import type { AwsCredentials } from '../../../runtime/aws/aws-credentials.ts';
import { callAws, secretsManager } from '../../../runtime/aws/aws-json.ts';
import { OpsError } from '../commands/ops-error.ts';

/** The current value of a secret of the Secrets Manager. */
export async function readSecret(
  endpoint: string,
  credentials: AwsCredentials,
  secretId: string,
): Promise<string> {
  const { status, text } = await callAws(secretsManager(endpoint, 10_000), credentials, 'GetSecretValue', {
    SecretId: secretId,
  });
  const { SecretString: value } = JSON.parse(text) as { SecretString?: string };
  if (status === 200 && value !== undefined) return value;
  throw new OpsError(
    `The secret ${secretId} cannot be read (${status}): ${text}`,
    'See that the environment is deployed and that the credentials may read it.',
  );
}
