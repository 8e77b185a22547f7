import { hash } from 'node:crypto';
import { LruCache } from '../../../runtime/collections/lru.ts';
import type { TokenVerifier, Verification } from '../../../runtime/tokens/verification.ts';

interface Entry {
  readonly verification: Extract<Verification, { readonly kind: 'verified' }>;
  readonly verifiedAt: number;
}

/** A key that its issuer withdraws stops counting within this time, also for cached tokens. */
const longestTrustMilliseconds = 5 * 60_000;

/**
 * Caches verified tokens, so that a caller's next call costs a digest instead of a signature. An entry is for
 * the whole token under one version of the policy, and its times are checked on every hit.
 */
export function cacheVerifiedTokens(verifier: TokenVerifier, maxTokens: number): TokenVerifier {
  const entries = new LruCache<Entry>(maxTokens);
  const verifyAndKeep = async (
    key: string,
    ...[token, policy, now]: Parameters<TokenVerifier['verify']>
  ): Promise<Verification> => {
    const verification = await verifier.verify(token, policy, now);
    if (verification.kind === 'verified') entries.set(key, { verification, verifiedAt: now });
    else entries.delete(key);
    return verification;
  };
  return {
    verify: (token, policy, now) => {
      const key = hash('sha256', `${policy.version}\n${token}`, 'base64');
      const entry = entries.get(key);
      if (entry !== undefined && isLive(entry, now)) return entry.verification;
      return verifyAndKeep(key, token, policy, now);
    },
  };
}

function isLive({ verification: { token }, verifiedAt }: Entry, now: number): boolean {
  const age = now - verifiedAt;
  const tolerance = token.clockToleranceSeconds * 1_000;
  return (
    age >= 0 &&
    age < longestTrustMilliseconds &&
    token.notBeforeSeconds * 1_000 <= now + tolerance &&
    now < token.expiresAtSeconds * 1_000 + tolerance
  );
}
