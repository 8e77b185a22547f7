import { limitStoreEnv } from '../../../runtime/contracts/gateway-contract.ts';
import type { SigningKeys } from '../../../runtime/events/open-event-log.ts';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { type CacheKind, cacheKinds, createIamToken } from '../../../runtime/limit-store/iam-token.ts';
import { ScriptRunner } from '../../../runtime/limit-store/script-runner.ts';
import { openConnection } from '../../../runtime/limit-store/valkey-connection.ts';
import type { Log } from '../log.ts';

/** The address of the limit store, and the login. */
export interface LimitStoreSettings {
  readonly url: string;
  readonly topology: 'single' | 'cluster';
  /** The user for IAM authentication; null if the limit store does not use it. */
  readonly iam: LimitStoreIam | null;
}

interface LimitStoreIam {
  readonly user: string;
  readonly cache: { readonly name: string; readonly kind: CacheKind };
  readonly region: string;
}

export interface LimitStorePorts {
  readonly log: Log;
  readonly nowMs: () => number;
  readonly monotonicMs: () => number;
  readonly credentials: () => SigningKeys | Promise<SigningKeys>;
}

/** The time for one call, connecting included. Far shorter than the timeout of a caller. */
export const limitStoreBudgetMilliseconds = 250;

/**
 * Reads the settings of the limit store: `LIMIT_STORE_URL`, `LIMIT_STORE_TOPOLOGY` and, for IAM authentication,
 * `LIMIT_STORE_USER`, `LIMIT_STORE_CACHE_NAME`, `LIMIT_STORE_CACHE_KIND` and `AWS_REGION`.
 *
 * @returns null if no limit store is configured.
 * @throws {Error} that names the faulty variable.
 */
export function readLimitStoreSettings(
  environment: Readonly<Record<string, string | undefined>>,
): LimitStoreSettings | null {
  const url = environment[limitStoreEnv.url];
  if (url === undefined) return null;
  if (!/^rediss?:\/\//.test(url)) throw new Error(`${limitStoreEnv.url} is not a redis:// or rediss:// URL.`);
  const topology = environment[limitStoreEnv.topology] ?? 'single';
  if (topology !== 'single' && topology !== 'cluster') {
    throw new Error(`${limitStoreEnv.topology} must be "single" or "cluster".`);
  }
  const user = environment[limitStoreEnv.user];
  const cacheName = environment[limitStoreEnv.cacheName];
  if (user === undefined || cacheName === undefined) return { url, topology, iam: null };
  const kind = cacheKinds.find((candidate) => candidate === environment[limitStoreEnv.cacheKind]);
  if (kind === undefined)
    throw new Error(`${limitStoreEnv.cacheKind} must be one of ${cacheKinds.join(', ')}.`);
  const region = environment['AWS_REGION'];
  if (region === undefined)
    throw new Error('AWS_REGION is missing: IAM authentication at the limit store needs it.');
  return { url, topology, iam: { user, cache: { name: cacheName, kind }, region } };
}

/** Runs scripts in the limit store. Connects at the first call. */
export function openLimitStore(
  { url, topology, iam }: LimitStoreSettings,
  ports: LimitStorePorts,
): ScriptRunner {
  return new ScriptRunner({
    open: async (onEnd) => {
      if (iam === null) return await openConnection({ url, topology }, onEnd);
      let keys = await ports.credentials();
      // A cluster client may connect to a node much later. Each connection gets a new token, signed with the keys that were
      // read at the previous connection.
      const credentials = () => {
        const password = createIamToken(
          iam.user,
          iam.cache,
          { ...keys, region: iam.region },
          new Date(ports.nowMs()),
        );
        void Promise.resolve(ports.credentials()).then(
          (renewed) => {
            keys = renewed;
          },
          () => undefined,
        );
        return { username: iam.user, password };
      };
      return await openConnection({ url, topology, credentials }, onEnd);
    },
    breaker: new CircuitBreaker({ failuresToOpen: 3, cooldownMilliseconds: 1_000 }),
    now: ports.monotonicMs,
    budgetMilliseconds: limitStoreBudgetMilliseconds,
    onFailure: (reason) => ports.log('warn', 'the limit store did not respond', { reason }),
  });
}
