import { type Connection, loginOf } from '../platform/database/connection-settings.ts';
import type { Database } from '../platform/database/database.ts';
import { migrate } from '../platform/database/migrate.ts';
import { openDatabase } from '../platform/database/open-database.ts';
import { grantServiceRole } from '../platform/database/service-role.ts';
import type { Log } from '../platform/log.ts';
import { UnavailableError } from '../platform/unavailable.ts';
import type { Settings } from './settings.ts';

/** How often a standby task checks whether its database takes writes: the longest delay after a promotion. */
const standbySeconds = 5;

export interface RoleDatabasePorts {
  readonly settings: Pick<Settings, 'database' | 'databaseOwner' | 'databaseIsGlobal' | 'serviceName'>;
  readonly log: Log;
  readonly wait: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Aborts when the task stops. */
  readonly signal: AbortSignal;
  readonly onPasswordRefused: () => void;
  /** Called when the task stops. */
  readonly onClose: (close: () => unknown) => void;
}

/**
 * Opens a role's schema and applies its tables, as the owner if the environment names one. A database that is starting
 * is retried for a minute; a global database, until its writer is in this region.
 *
 * @throws {Error} if no database is configured, or if it cannot be reached.
 */
export async function openRoleDatabase(
  ports: RoleDatabasePorts,
  schema: string,
  tables: readonly string[],
): Promise<Database> {
  const { database: connection, databaseOwner } = ports.settings;
  const owner = connect(databaseOwner ?? connection, schema, ports);
  if (databaseOwner === null || connection === null) {
    ports.onClose(() => owner.close());
    await retryUntilReady(() => migrate(owner, schema, tables), schema, ports);
    return owner;
  }
  const changeTables = async () => {
    const applied = await migrate(owner, schema, tables);
    await grantServiceRole(owner, schema, loginOf(connection));
    return applied;
  };
  try {
    await retryUntilReady(changeTables, schema, ports);
  } finally {
    await owner.close();
  }
  const database = connect(connection, schema, ports);
  ports.onClose(() => database.close());
  return database;
}

function connect(
  connection: Connection | null,
  schema: string,
  { settings, log, onPasswordRefused }: RoleDatabasePorts,
): Database {
  if (connection === null) {
    throw new Error('Set DATABASE_URL, or DATABASE_HOST and the related variables: the role has tables.');
  }
  return openDatabase(connection, {
    schema,
    applicationName: settings.serviceName,
    onBrokenConnection: (error) => log('warn', 'connection broken', { error: String(error) }),
    onPasswordRefused: () => {
      log('error', "the database refuses this task's password; the task will be replaced");
      onPasswordRefused();
    },
  });
}

async function retryUntilReady(
  change: () => Promise<number>,
  schema: string,
  { settings, log, wait, signal }: RoleDatabasePorts,
): Promise<void> {
  let isStandingBy = false;
  for (let secondsLeft = 60; ; secondsLeft -= 1) {
    try {
      const applied = await change();
      if (applied > 0) log('info', 'tables changed', { schema, statements: applied });
      return;
    } catch (error) {
      if (settings.databaseIsGlobal && error instanceof UnavailableError) {
        if (!isStandingBy) log('info', 'standing by', { schema, error: String(error) });
        isStandingBy = true;
        secondsLeft = 60;
        await wait(standbySeconds * 1_000, signal);
        if (signal.aborted) throw error;
        continue;
      }
      if (secondsLeft <= 0) throw error;
      log('warn', 'database not ready, will retry', { schema, error: String(error) });
      await wait(1_000);
    }
  }
}
