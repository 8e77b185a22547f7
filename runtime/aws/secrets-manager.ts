import type { Freshness } from '../concurrency/refreshed-value.ts';
import { UnexpectedStatusError } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { callAws, secretsManager } from './aws-json.ts';

/** During a rotation the previous value is live, too. */
type Stage = 'AWSCURRENT' | 'AWSPREVIOUS';

/**
 * Reads the live values of a plain-text secret, the current one first. Rejects when Secrets Manager does not
 * answer or the secret has no current value.
 */
export type ReadSecret = (secretId: string) => Promise<readonly string[]>;

/**
 * A rotated secret is in use within a minute; calls with unknown values cause at most one read every five
 * seconds.
 */
export const secretFreshness: Freshness = {
  freshMilliseconds: 60_000,
  staleMilliseconds: 10 * 60_000,
  cooldownMilliseconds: 5_000,
};

/**
 * Reads secrets by GetSecretValue, without retries; the caller keeps the last known value and reads again
 * after its cool-down.
 *
 * @param endpoint Base URL, without a path.
 */
export function createSecretReader(credentials: AwsCredentials, endpoint: string): ReadSecret {
  const service = secretsManager(endpoint);

  const read = async (secretId: string, stage: Stage): Promise<string | undefined> => {
    const input = { SecretId: secretId, VersionStage: stage };
    const answer = await callAws(service, credentials, 'GetSecretValue', input);
    const { SecretString: value, ['__type']: fault } = parse(answer.text);
    if (answer.status === 200 && typeof value === 'string') return value;
    // A secret that has never been rotated has no previous value.
    if (stage === 'AWSPREVIOUS' && String(fault).endsWith('ResourceNotFoundException')) return undefined;
    throw new UnexpectedStatusError(`GetSecretValue ${secretId} ${stage} at ${endpoint}`, answer.status);
  };

  return async (secretId) => {
    const values = await Promise.all([read(secretId, 'AWSCURRENT'), read(secretId, 'AWSPREVIOUS')]);
    return values.filter((value) => value !== undefined && value !== '') as string[];
  };
}

/** The answer's object; empty when the answer is not JSON, for example from a proxy. */
function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
