import type { Queries } from './database.ts';

/**
 * Holds a name until the transaction ends, so that of two who make the same thing the second finds it. Two names may be
 * one lock, once in a very long while: they wait for each other then, and no more.
 */
export async function takeAdvisoryLock(transaction: Queries, name: string): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
}
