import type { Freshness } from '../concurrency/refreshed-value.ts';
import { UnexpectedStatusError } from '../http/fetch-json.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { callAws, secretsManager } from './aws-json.ts';

/** While a secret rotates, the value before the last is live, too. */
type Stage = 'AWSCURRENT' | 'AWSPREVIOUS';

/**
 * Reads a plain-text secret's live values, the current one first. Rejects when Secrets Manager does not answer or the
 * current value is not there.
 */
export type ReadSecret = (secretId: string) => Promise<readonly string[]>;

/** A rotated secret is served within a minute; a call with an unknown one asks for it at most every five seconds. */
export const secretFreshness: Freshness = {
  freshMilliseconds: 60_000,
  staleMilliseconds: 10 * 60_000,
  cooldownMilliseconds: 5_000,
};

/**
 * GetSecretValue. Nothing is tried twice; the caller keeps the last known value and asks again after its cool-down.
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

/** The answer's object; empty where something on the way has answered with no JSON. */
function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
