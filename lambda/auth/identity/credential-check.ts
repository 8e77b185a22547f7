import { NO_VALUE } from '../../../runtime/contracts/gateway-contract.ts';
import type { CheckState } from '../../../runtime/limit-store/limit-store.ts';
import type { Identity } from '../../../runtime/tokens/identity.ts';
import { bareChallenge, invalidToken, signatureChallenge } from './challenge.ts';

/** Why the store refuses a credential that is good in itself. */
export type LimitStoreRefusal = 'credential-revoked' | 'nonce-used';

/**
 * Reads what the store says of an identity's own checks. Such a refusal is for good, and of no limit.
 *
 * @param states Of the whole store call, in which those checks come first.
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
