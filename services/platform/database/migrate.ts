import { takeAdvisoryLock } from './advisory-lock.ts';
import type { Database } from './database.ts';

/**
 * Brings a schema to the state that its statements describe. Each is applied once, in order, under its place in the
 * list: append to it, and never change what has been deployed. All tasks may start at once: one applies them while the
 * others wait (an advisory lock), all or none (one transaction; PostgreSQL's DDL is transactional).
 *
 * During a roll-out, and after one is rolled back, old code meets the new schema: statements only add, and what is no
 * longer used goes in a later release.
 *
 * @returns how many statements were applied.
 */
export async function migrate(
  database: Database,
  schema: string,
  statements: readonly string[],
): Promise<number> {
  return await database.transaction(async (transaction) => {
    await transaction.query("set local statement_timeout = '300s'");
    await takeAdvisoryLock(transaction, `migrate ${schema}`);
    await transaction.query(`create schema if not exists ${schema}`);
    await transaction.query(
      'create table if not exists migrations (place int primary key, applied_at timestamptz not null default now())',
    );
    const [{ applied } = { applied: 0 }] = await transaction.query<{ applied: number }>(
      'select count(*)::int as applied from migrations',
    );
    for (const [place, statement] of statements.entries()) {
      if (place < applied) continue;
      await transaction.query(statement);
      await transaction.query('insert into migrations (place) values ($1)', [place]);
    }
    return Math.max(0, statements.length - applied);
  });
}
