import { RefreshedValue } from '../concurrency/refreshed-value.ts';
import { describeError, type Log } from '../logging/log.ts';
import { type ReadSecret, secretFreshness } from './secrets-manager.ts';

/** A secret's live values, the current one first, known for as long as Secrets Manager is away. */
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
