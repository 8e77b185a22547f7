import type { OriginSecrets } from '../../../runtime/aws/origin-secret.ts';
import type { RefreshedValue } from '../../../runtime/concurrency/refreshed-value.ts';
import type { LimitStore } from '../../../runtime/limit-store/limit-store.ts';
import type { TokenVerifier } from '../../../runtime/tokens/token-verifier.ts';
import type { ClientDirectory } from '../identity/client-directory.ts';
import type { UsageRebuild } from '../limits/quota-recovery.ts';

/** All that a decision asks of the world. None of them throws for what a caller sends, or for a dependency's fault. */
export interface Ports {
  readonly originSecrets: OriginSecrets;
  readonly tokens: TokenVerifier;
  readonly directory: ClientDirectory;
  /** Live values of what the hashes of API keys are made with, the current one first. */
  readonly peppers: RefreshedValue<readonly string[]>;
  readonly limitStore: LimitStore;
  /** Stands in for the store where the route says so. */
  readonly localLimitStore: LimitStore;
  /** Gives counters of the month back what they held before the store lost them. */
  readonly usage: UsageRebuild;
  /** From 0 to below 1. */
  readonly random: () => number;
}
