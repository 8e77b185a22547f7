import type { LimitStore } from '../shared/store/store.ts';
import type { OriginSecrets } from './origin-secret.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** All that a decision asks of the world. None of them throws for what a caller sends, or for a dependency's fault. */
export interface Ports {
  readonly originSecrets: OriginSecrets;
  readonly tokens: TokenVerifier;
  readonly store: LimitStore;
  /** Stands in for the store where the route says so. */
  readonly localStore: LimitStore;
}
