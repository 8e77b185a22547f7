import { startBuiltInStore } from '../../lib/local/emulators/elasticache/built-in-store.ts';
import { hasRedis, startRedis } from '../../runtime/limit-store/testing/redis-server.ts';

/** A store for processes of a test. */
export interface StoreForTests {
  readonly url: string;
  /** Which it is, for a report. */
  readonly name: string;
  close(): Promise<void>;
}

/** A real Redis where there is one, otherwise the store of the local run. */
export async function openStoreForTests(): Promise<StoreForTests> {
  if (hasRedis) return { name: 'Redis', ...(await startRedis()) };
  const store = await startBuiltInStore(Date.now);
  return { name: 'the built-in store', url: store.url, close: async () => store.close() };
}
