import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { storeEnv } from '../../lambda/shared/contract.ts';

/** How a function reaches the store of limits and revocations. */
export interface StoreAccess {
  /** `redis://host:port`, or `rediss://` for TLS; may be a token. */
  readonly url: string;
  readonly topology: 'single' | 'cluster';
  /** User and cache name that IAM authentication signs for; absent where the store asks for none. */
  readonly user?: string;
  readonly cacheName?: string;
  /** Lets the grantee authenticate as `user`. The network's rules are apart. */
  grantConnect(grantee: IGrantable): void;
}

/** A store that is there already and lets its network in, as on a laptop. */
export function existingStore(url: string): StoreAccess {
  return { url, topology: 'single', grantConnect: () => {} };
}

/** What tells a function where the store is. */
export function storeVariables({ url, topology, user, cacheName }: StoreAccess): Record<string, string> {
  return {
    [storeEnv.url]: url,
    [storeEnv.topology]: topology,
    ...(user === undefined ? {} : { [storeEnv.user]: user }),
    ...(cacheName === undefined ? {} : { [storeEnv.cacheName]: cacheName }),
  };
}
