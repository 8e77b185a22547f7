import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';

/** The stored runtime policy. */
export interface StoredPolicy {
  /** Number of the latest stored document; 0 when there is none. Used for optimistic locking. */
  readonly revision: number;
  readonly policy: RuntimePolicy;
}

export interface PolicyRevision {
  readonly revision: number;
  readonly version: string;
}

/** Deployment strategy of a change, where the store supports several. */
export type Rollout = 'staged' | 'at-once';

/** Store of the runtime policy that the authorizers poll. */
export interface PolicyStore {
  /** The deployed policy; the empty policy when none was ever stored. */
  current(): Promise<StoredPolicy>;
  /** The latest first. */
  revisions(limit: number): Promise<readonly PolicyRevision[]>;
  /** Undefined when the revision does not exist. */
  read(revision: number): Promise<RuntimePolicy | undefined>;
  /**
   * Stores a document as the next revision and deploys it; `conflict` when `revision` is not the latest any more.
   */
  replace(policy: RuntimePolicy, revision: number, rollout: Rollout): Promise<'stored' | 'conflict'>;
  /** When the change is in force everywhere, as text for the operator. */
  readonly effect: (rollout: Rollout) => string;
}
