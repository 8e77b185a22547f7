import { takeAdvisoryLock } from './advisory-lock.ts';
import type { Database, Queries } from './database.ts';

/** Whom a service is at the database when it is not the owner of its tables. */
export interface ServiceDatabaseRole {
  readonly user: string;
  readonly password: string;
}

/**
 * Makes a service's role what it has to be, as the owner of its tables: it logs in with its password, reads and writes
 * the rows of its own schema, and nothing else. May be repeated; run it after each change of the tables.
 *
 * @throws {Error} of the server if the owner may not make roles: it needs CREATEROLE.
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
    // Nothing more: attributes that it does not have by itself, only a superuser may name.
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
    // How far the tables have been changed is the owner's to know.
    await run(transaction, 'revoke all on %I.migrations from %I', schema, role.user);
  });
}

async function checkCreateRoleAllowed(transaction: Queries): Promise<void> {
  const [may] = await transaction.query(
    'select from pg_roles where rolname = current_user and (rolcreaterole or rolsuper)',
  );
  if (may !== undefined) return;
  throw new Error(
    'The owner of the tables cannot make the roles of services. Run as a superuser: alter role NAME createrole.',
  );
}

/** Runs a statement that takes names and literals instead of parameters: `%I` and `%L`, quoted by the server. */
async function run(transaction: Queries, statement: string, ...values: readonly string[]): Promise<void> {
  const places = values.map((_, index) => `$${index + 2}::text`).join(', ');
  const [formatted] = await transaction.query<{ text: string }>(`select format($1, ${places}) as text`, [
    statement,
    ...values,
  ]);
  if (formatted !== undefined) await transaction.query(formatted.text);
}
