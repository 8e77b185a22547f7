import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg';
import { UnavailableError } from '../unavailable.ts';
import type { Connection } from './connection.ts';
import type { Database, Queries } from './database.ts';

export interface DatabaseOptions {
  /** The service's own; made by its first migration. */
  readonly schema: string;
  /** How the connections call themselves in `pg_stat_activity`. */
  readonly applicationName: string;
  /** @default 10 */
  readonly maxConnections?: number;
  /** Told when an idle connection breaks; the next statement opens another. */
  readonly onBrokenConnection: (error: Error) => void;
  /** Told once when the server no longer takes the password (28P01): it has been rotated since the task started. */
  readonly onPasswordRefused: () => void;
}

/** Longer than a statement of ours ever takes, shorter than a caller waits. */
const statementTimeoutMs = 5_000;
/** A call that finds all connections busy for so long fails, and does not pile up behind a slow database. */
const waitForConnectionMs = 2_000;
/** `invalid_password` of PostgreSQL's error codes (Appendix A). */
const invalidPassword = '28P01';
/** `read_only_sql_transaction`: the writer is in another region, or became a reader. */
const readOnly = '25006';

/**
 * A pool of connections, opened as they are needed. Each statement has 5 s; a transaction that waits for its client
 * longer than 15 s is ended by the server, so that a stuck task holds no locks.
 *
 * Idle connections stay open: a task serves on by them while a new password has not reached it yet.
 */
export function openDatabase(connection: Connection, options: DatabaseOptions): Database {
  const pool = new Pool({
    ...address(connection),
    application_name: options.applicationName,
    options: `-c search_path=${options.schema}`,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: waitForConnectionMs,
    idleTimeoutMillis: 0,
    keepAlive: true,
    statement_timeout: statementTimeoutMs,
    idle_in_transaction_session_timeout: 15_000,
    // The server's own limit does not help when the server or the network is gone.
    query_timeout: 4 * statementTimeoutMs,
  });
  pool.on('error', options.onBrokenConnection);
  let isRefused = false;
  const connect = async (): Promise<PoolClient> => {
    try {
      return await pool.connect();
    } catch (error) {
      if (!isRefused && (error as { code?: unknown }).code === invalidPassword) {
        isRefused = true;
        options.onPasswordRefused();
      }
      const reason = error instanceof Error ? error.message : String(error);
      throw new UnavailableError(`No connection to the database: ${reason}`, { cause: error });
    }
  };

  const withClient = async <T>(run: (client: PoolClient) => Promise<T>): Promise<T> => {
    const client = await connect();
    let broken = true;
    try {
      const result = await run(client);
      broken = false;
      return result;
    } catch (error) {
      if (error instanceof DatabaseError && error.code === readOnly) {
        // The next connection may lead to the writer.
        throw new UnavailableError('The database takes no writes here.', { cause: error });
      }
      // What the server itself has refused leaves the connection sound.
      broken = !(error instanceof DatabaseError);
      throw error;
    } finally {
      client.release(broken);
    }
  };

  return {
    query: (text, values) => withClient((client) => queriesOf(client).query(text, values)),
    transaction: (run) => withClient((client) => transact(client, run)),
    close: () => pool.end(),
  };
}

function address(connection: Connection): PoolConfig {
  if (connection.kind === 'url') return { connectionString: connection.url };
  const { kind: _, ...fields } = connection;
  // Verified by Node's own authorities and those of NODE_EXTRA_CA_CERTS, where the image has Amazon's for RDS.
  return { ...fields, ssl: { rejectUnauthorized: true } };
}

function queriesOf(client: PoolClient): Queries {
  return {
    async query<Row>(text: string, values: readonly unknown[] = []) {
      const { rows } = await client.query(text, [...values]);
      return rows as readonly Row[];
    },
  };
}

async function transact<T>(client: PoolClient, run: (transaction: Queries) => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    const result = await run(queriesOf(client));
    await client.query('commit');
    return result;
  } catch (error) {
    // When the connection is gone, the server has rolled back already.
    await client.query('rollback').catch(() => {});
    throw error;
  }
}
