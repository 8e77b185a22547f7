import { startInMemoryValkey } from '../../lib/local/emulators/elasticache/in-memory-valkey.ts';
import { hasRedis, startRedis } from '../../runtime/limit-store/testing/redis-server.ts';

/** A limit store for processes of a test. */
export interface TestLimitStore {
  readonly url: string;
  /** Kind of the limit store, for reports. */
  readonly name: string;
  close(): Promise<void>;
}

/** Opens a real Redis if one is available, otherwise the limit store of the local run. */
export async function openTestLimitStore(): Promise<TestLimitStore> {
  if (hasRedis) return { name: 'Redis', ...(await startRedis()) };
  const store = await startInMemoryValkey(Date.now);
  return { name: 'the built-in store', url: store.url, close: async () => store.close() };
}
