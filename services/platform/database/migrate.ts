import { takeAdvisoryLock } from './advisory-lock.ts';
import type { Database } from './database.ts';

/**
 * Applies the statements of a schema that are not applied yet. A statement is identified by its position in the list:
 * append to the list, and never change a statement that has been deployed. Tasks that start at the same time wait for the
 * one that holds the advisory lock. All statements are applied in one transaction.
 *
 * During a deployment and after a rollback, old code runs with the new schema. So statements only add; remove unused
 * tables and columns in a later release.
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
