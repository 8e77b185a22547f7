import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';

/** A runtime policy as it is stored. */
export interface StoredPolicy {
  /** Counts every document that was ever stored; 0 when there was none. It is also the lock of a change. */
  readonly revision: number;
  readonly policy: RuntimePolicy;
}

export interface PolicyRevision {
  readonly revision: number;
  readonly version: string;
}

/** How fast a change is rolled out, where the store can tell the difference. */
export type Rollout = 'staged' | 'at-once';

/** Where the runtime policy lies that the authorizers poll. */
export interface PolicyStore {
  /** What the authorizers are to run now; the empty policy when nothing was ever stored. */
  current(): Promise<StoredPolicy>;
  /** The latest first. */
  revisions(limit: number): Promise<readonly PolicyRevision[]>;
  /** Undefined when there is no such revision. */
  read(revision: number): Promise<RuntimePolicy | undefined>;
  /**
   * Stores a document as the next revision and lets the authorizers have it; refused with `conflict` when `revision` is
   * no longer the latest.
   */
  replace(policy: RuntimePolicy, revision: number, rollout: Rollout): Promise<'stored' | 'conflict'>;
  /** When the change is in force everywhere, for the operator. */
  readonly effect: (rollout: Rollout) => string;
}
