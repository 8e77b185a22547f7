import { startInMemoryValkey } from '../../lib/local/emulators/elasticache/in-memory-valkey.ts';
import { hasRedis, startRedis } from '../../runtime/limit-store/testing/redis-server.ts';

/** A store for processes of a test. */
export interface TestLimitStore {
  readonly url: string;
  /** Which it is, for a report. */
  readonly name: string;
  close(): Promise<void>;
}

/** A real Redis where there is one, otherwise the store of the local run. */
export async function openTestLimitStore(): Promise<TestLimitStore> {
  if (hasRedis) return { name: 'Redis', ...(await startRedis()) };
  const store = await startInMemoryValkey(Date.now);
  return { name: 'the built-in store', url: store.url, close: async () => store.close() };
}
