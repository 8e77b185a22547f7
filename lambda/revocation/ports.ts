import type { TokenPolicy } from '../../runtime/contracts/gateway-contract.ts';
import type { LimitStore } from '../../runtime/limit-store/limit-store.ts';
import type { TokenVerifier } from '../../runtime/tokens/verification.ts';

export interface RevocationDependencies {
  /** The token issuers. */
  readonly policy: TokenPolicy;
  readonly tokens: TokenVerifier;
  readonly limitStore: LimitStore;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}
