import { AwsClient } from 'aws4fetch';
import type { AwsCredentials } from './aws-credentials.ts';
import { dependencyTimeoutMilliseconds, UnexpectedStatusError } from './http.ts';

/** While a secret rotates, the value before the last is live, too. */
type Stage = 'AWSCURRENT' | 'AWSPREVIOUS';

/**
 * Reads a plain-text secret's live values, the current one first. Rejects when Secrets Manager does not answer or the
 * current value is not there.
 */
export type ReadSecret = (secretId: string) => Promise<readonly string[]>;

/**
 * GetSecretValue by signed fetch: the AWS SDK would cost more at start than the whole authorizer.
 *
 * @param endpoint Base URL, without a slash at its end.
 */
export function createSecretReader(credentials: AwsCredentials, endpoint: string): ReadSecret {
  // No retries: the caller keeps the last known value and asks again after its cool-down.
  const client = new AwsClient({ ...credentials, service: 'secretsmanager', retries: 0 });

  const read = async (secretId: string, stage: Stage): Promise<string | undefined> => {
    const response = await client.fetch(`${endpoint}/`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': 'secretsmanager.GetSecretValue',
      },
      body: JSON.stringify({ SecretId: secretId, VersionStage: stage }),
      signal: AbortSignal.timeout(dependencyTimeoutMilliseconds),
    });
    const body = (await response.json().catch(() => ({}))) as Readonly<Record<string, unknown>>;
    const { SecretString: value, ['__type']: fault } = body;
    if (response.ok && typeof value === 'string') return value;
    // A secret that has never been rotated has no previous value.
    if (stage === 'AWSPREVIOUS' && String(fault).endsWith('ResourceNotFoundException')) return undefined;
    throw new UnexpectedStatusError(`GetSecretValue ${secretId} ${stage} at ${endpoint}`, response.status);
  };

  return async (secretId) => {
    const values = await Promise.all([read(secretId, 'AWSCURRENT'), read(secretId, 'AWSPREVIOUS')]);
    return values.filter((value) => value !== undefined && value !== '') as string[];
  };
}
