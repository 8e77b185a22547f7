import { limitStoreEnv } from '../../../runtime/contracts/gateway-contract.ts';
import type { SigningKeys } from '../../../runtime/events/open-event-log.ts';
import { CircuitBreaker } from '../../../runtime/limit-store/circuit-breaker.ts';
import { type CacheKind, cacheKinds, createIamToken } from '../../../runtime/limit-store/iam-token.ts';
import { ScriptRunner } from '../../../runtime/limit-store/script-runner.ts';
import { openConnection } from '../../../runtime/limit-store/valkey-connection.ts';
import type { Log } from '../log.ts';

/** Where the shared store is, and as whom a task asks. */
export interface LimitStoreSettings {
  readonly url: string;
  readonly topology: 'single' | 'cluster';
  /** Whom IAM authentication signs for; null where the store asks for none. */
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

/** For everything that one call does at the store, connecting included; far less than a caller waits. */
export const limitStoreBudgetMilliseconds = 250;

/**
 * Reads where the store is: `LIMIT_STORE_URL`, `LIMIT_STORE_TOPOLOGY` and, with IAM authentication, `LIMIT_STORE_USER`, `LIMIT_STORE_CACHE_NAME`,
 * `LIMIT_STORE_CACHE_KIND` and `AWS_REGION`.
 *
 * @returns null where the environment names no store.
 * @throws {Error} that names the faulty variable.
 */
export function readLimitStoreSettings(
  environment: Readonly<Record<string, string | undefined>>,
): LimitStoreSettings | null {
  const url = environment[limitStoreEnv.url];
  if (url === undefined) return null;
  if (!/^rediss?:\/\//.test(url)) throw new Error(`${limitStoreEnv.url} is no redis:// or rediss:// URL.`);
  const topology = environment[limitStoreEnv.topology] ?? 'single';
  if (topology !== 'single' && topology !== 'cluster') {
    throw new Error(`${limitStoreEnv.topology} is neither "single" nor "cluster".`);
  }
  const user = environment[limitStoreEnv.user];
  const cacheName = environment[limitStoreEnv.cacheName];
  if (user === undefined || cacheName === undefined) return { url, topology, iam: null };
  const kind = cacheKinds.find((candidate) => candidate === environment[limitStoreEnv.cacheKind]);
  if (kind === undefined) throw new Error(`${limitStoreEnv.cacheKind} is none of ${cacheKinds.join(', ')}.`);
  const region = environment['AWS_REGION'];
  if (region === undefined)
    throw new Error('AWS_REGION is missing: IAM authentication at the store needs it.');
  return { url, topology, iam: { user, cache: { name: cacheName, kind }, region } };
}

/** Scripts at the shared store, on a connection that is made when it is first needed. */
export function openLimitStore(
  { url, topology, iam }: LimitStoreSettings,
  ports: LimitStorePorts,
): ScriptRunner {
  return new ScriptRunner({
    open: async (onEnd) => {
      if (iam === null) return await openConnection({ url, topology }, onEnd);
      let keys = await ports.credentials();
      // A cluster connects to a node long after the first one: by a new token, of keys that were asked for at the last.
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
    onFailure: (reason) => ports.log('warn', 'the store did not answer', { reason }),
  });
}
