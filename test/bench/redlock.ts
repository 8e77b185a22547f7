import { randomUUID } from 'node:crypto';
import type { Redis } from 'iovalkey';

const unlock = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;
const retryMs = 10;
const maxTries = 500;

interface LockOptions {
  /** Milliseconds until the lock expires unless it is released before. */
  readonly lockMs: number;
  /** Runs between reading and writing while the lock is held, like a process that is delayed there. */
  readonly pause?: (() => Promise<void>) | undefined;
}

type LockedOutcome = 'reserved' | 'short' | 'no-lock';

/**
 * Reserves units under a lock of the product, with separate commands to read, compare and decrement
 * (Redlock on one server, https://redis.io/docs/latest/develop/clients/patterns/distributed-locks/).
 */
export async function reserveByLock(
  client: Redis,
  product: string,
  quantity: number,
  { lockMs, pause }: LockOptions,
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
