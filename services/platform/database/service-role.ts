import { takeAdvisoryLock } from './advisory-lock.ts';
import type { Database, Queries } from './database.ts';

/** The login of a service that does not own its tables. */
export interface ServiceDatabaseRole {
  readonly user: string;
  readonly password: string;
}

/**
 * Creates or updates the role of a service, as the owner of its tables. The role may log in with its password, and read
 * and write the rows of its schema, nothing else. May be repeated; run it after each change of the tables.
 *
 * @throws {Error} if the owner may not create roles: it needs CREATEROLE.
 */
export async function grantServiceRole(
  owner: Database,
  schema: string,
  role: ServiceDatabaseRole,
): Promise<void> {
  await owner.transaction(async (transaction) => {
    await takeAdvisoryLock(transaction, `role ${role.user}`);
    const [found] = await transaction.query('select from pg_roles where rolname = $1', [role.user]);
    const verb = found === undefined ? 'create' : 'alter';
    await checkCreateRoleAllowed(transaction);
    // No further attributes: only a superuser may set them.
    await run(transaction, `${verb} role %I login password %L`, role.user, role.password);
    await run(transaction, 'revoke all on all tables in schema %I from %I', schema, role.user);
    await run(transaction, 'grant usage on schema %I to %I', schema, role.user);
    await run(
      transaction,
      'grant select, insert, update, delete on all tables in schema %I to %I',
      schema,
      role.user,
    );
    await run(transaction, 'grant usage on all sequences in schema %I to %I', schema, role.user);
    // Only the owner reads the table of applied migrations.
    await run(transaction, 'revoke all on %I.migrations from %I', schema, role.user);
  });
}

async function checkCreateRoleAllowed(transaction: Queries): Promise<void> {
  const [may] = await transaction.query(
    'select from pg_roles where rolname = current_user and (rolcreaterole or rolsuper)',
  );
  if (may !== undefined) return;
  throw new Error(
    'The owner of the tables cannot create roles for services. Run as a superuser: alter role NAME createrole.',
  );
}

/** Runs a statement that cannot have parameters. The server quotes names (`%I`) and literals (`%L`). */
async function run(transaction: Queries, statement: string, ...values: readonly string[]): Promise<void> {
  const places = values.map((_, index) => `$${index + 2}::text`).join(', ');
  const [formatted] = await transaction.query<{ text: string }>(`select format($1, ${places}) as text`, [
    statement,
    ...values,
  ]);
  if (formatted !== undefined) await transaction.query(formatted.text);
}
