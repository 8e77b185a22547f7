import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import type { CheckState } from '../../../runtime/limit-store/limit-store.ts';
import type { Identity } from '../../../runtime/tokens/identity.ts';
import { bareChallenge, invalidToken, signatureChallenge } from './challenge.ts';

/** Why the limit store refuses a valid credential. */
export type LimitStoreRefusal = 'credential-revoked' | 'nonce-used';

/**
 * Reads the results of an identity's own checks. Such a refusal is permanent, and not from a limit.
 *
 * @param states Of the whole limit-store call, in which those checks come first.
 */
export function checkCredential(
  { checks, keyId }: Identity,
  states: readonly CheckState[],
): { readonly reason: LimitStoreRefusal; readonly challenge: string } | undefined {
  const failed = checks.filter((_, index) => states[index]?.result !== 'passed');
  if (failed.length === 0) return undefined;
  const isReplay = failed.every(({ kind }) => kind === 'nonce');
  const isSigned = checks.some(({ kind }) => kind === 'nonce');
  return {
    reason: isReplay ? 'nonce-used' : 'credential-revoked',
    challenge: isSigned ? signatureChallenge : keyId === NO_VALUE ? invalidToken('revoked') : bareChallenge,
  };
}
