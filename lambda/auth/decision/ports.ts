import type { OriginSecrets } from '../../../runtime/aws/origin-secret.ts';
import type { RefreshedValue } from '../../../runtime/concurrency/refreshed-value.ts';
import type { LimitStore } from '../../../runtime/limit-store/limit-store.ts';
import type { TokenVerifier } from '../../../runtime/tokens/verification.ts';
import type { ClientDirectory } from '../identity/client-directory.ts';
import type { UsageRebuild } from '../limits/quota-recovery.ts';

/** Ports of a decision. None of them throws for what a caller sends, or for a dependency's failure. */
export interface Ports {
  readonly originSecrets: OriginSecrets;
  readonly tokens: TokenVerifier;
  readonly directory: ClientDirectory;
  /** Live peppers of the API keys' hashes, the current one first. */
  readonly peppers: RefreshedValue<readonly string[]>;
  readonly limitStore: LimitStore;
  /** Replaces the limit store when the route allows it. */
  readonly localLimitStore: LimitStore;
  /** Rebuilds monthly counters that the limit store lost. */
  readonly usage: UsageRebuild;
  /** From 0 to below 1. */
  readonly random: () => number;
}
