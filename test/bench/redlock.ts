import { randomUUID } from 'node:crypto';
import type { Redis } from 'iovalkey';

const unlock = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
const retryMs = 10;
const maxTries = 500;

/** What a lock lasts, unless it is given up before: 5 s in the design that this is held to. */
interface LockTerm {
  readonly lockMs: number;
}

type LockedOutcome = 'reserved' | 'short' | 'no-lock';

/**
 * Reserves as shops do with a lock: the lock of the product, then read, compare and decrement as commands of their own
 * (Redlock on one server, https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 *
 * @param pause runs while the lock is held, between reading and writing: a process that is held up there.
 */
export async function reserveByLock(
  client: Redis,
  product: string,
  quantity: number,
  { lockMs }: LockTerm,
  pause?: () => Promise<void>,
): Promise<LockedOutcome> {
  const token = randomUUID();
  const lock = `${product}:lock`;
  for (let tries = 0; (await client.set(lock, token, 'PX', lockMs, 'NX')) === null; tries += 1) {
    if (tries === maxTries) return 'no-lock';
    await new Promise((resolve) => setTimeout(resolve, Math.random() * retryMs));
  }
  try {
    const available = Number(await client.get(product));
    await pause?.();
    if (available < quantity) return 'short';
    await client.decrby(product, quantity);
    return 'reserved';
  } finally {
    await client.eval(unlock, 1, lock, token);
  }
}
