import type { Queries } from './database.ts';

/**
 * Locks a name until the transaction ends. Two transactions that create the same row then run one after the other. Names
 * with the same hash, which is rare, wait for each other too.
 */
export async function takeAdvisoryLock(transaction: Queries, name: string): Promise<void> {
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [name]);
}
