import { RefreshedValue } from '../concurrency/refreshed-value.ts';
import { describeError, type Log } from '../logging/log.ts';
import { type ReadSecret, secretFreshness } from './secrets-manager.ts';

/**
 * A secret's live values, the current one first; the last known values are kept while Secrets Manager is
 * unavailable.
 */
export function refreshedSecret(
  readSecret: ReadSecret,
  secretId: string,
  log: Log,
): RefreshedValue<readonly string[]> {
  return new RefreshedValue(
    () => readSecret(secretId),
    secretFreshness,
    (error) => log.error('A secret could not be read.', { secretId, error: describeError(error) }),
  );
}
