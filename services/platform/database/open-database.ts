import { DatabaseError, Pool, type PoolClient, type PoolConfig } from 'pg';
import { RejectedDataError } from '../rejected-data.ts';
import { UnavailableError } from '../unavailable.ts';
import type { Connection } from './connection-settings.ts';
import type { Database, Queries } from './database.ts';
import { classifySqlState, terminatesConnection } from './sql-state.ts';

/** Milliseconds. */
export interface DatabaseTimeouts {
  /** How long a call waits for a connection. */
  readonly connectionMs: number;
  /** How long the server works on a statement, waiting for locks included. */
  readonly statementMs: number;
  /** How long the client waits for a response, for the case that the server or the network fails. */
  readonly answerMs: number;
}

/**
 * Together shorter than the timeout of any route, so that callers get a 503 from the service and not a 504 from the
 * gateway. As long as that allows, because calls queue for connections and locks at a peak.
 */
export const databaseTimeouts: DatabaseTimeouts = {
  connectionMs: 2_000,
  statementMs: 2_000,
  answerMs: 2_500,
};

/** The options of a database pool. */
export interface DatabaseOptions {
  /** The schema of the service. The first migration creates it. */
  readonly schema: string;
  /** The name of the connections in `pg_stat_activity`. */
  readonly applicationName: string;
  /** @default 10 */
  readonly maxConnections?: number;
  /** @default `databaseTimeouts` */
  readonly timeouts?: DatabaseTimeouts;
  /** Called once for each connection that breaks, idle or in use. The next statement opens a new one. */
  readonly onBrokenConnection: (error: Error) => void;
  /** Called once when the server refuses the password (28P01), because it was rotated after the task started. */
  readonly onPasswordRefused: () => void;
}

/** `invalid_password` of PostgreSQL's error codes (Appendix A). */
const invalidPassword = '28P01';

/**
 * A pool of connections, which are opened when they are needed. The server ends a transaction that is idle for more than
 * 15 s, so that a stuck task holds no locks.
 *
 * Idle connections stay open: after a password rotation, a task continues on its open connections until it is replaced.
 */
export function openDatabase(connection: Connection, options: DatabaseOptions): Database {
  const timeouts = options.timeouts ?? databaseTimeouts;
  const pool = new Pool({
    ...address(connection),
    application_name: options.applicationName,
    options: `-c search_path=${options.schema}`,
    max: options.maxConnections ?? 10,
    connectionTimeoutMillis: timeouts.connectionMs,
    idleTimeoutMillis: 0,
    keepAlive: true,
    statement_timeout: timeouts.statementMs,
    idle_in_transaction_session_timeout: 15_000,
    query_timeout: timeouts.answerMs,
  });
  // The pool handles errors of idle connections only, and an unhandled error event ends the process.
  pool.on('connect', (client) => {
    client.once('error', options.onBrokenConnection);
    client.on('error', () => {});
  });
  pool.on('error', () => {});
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

  const withSession = async <T>(run: (session: Session) => Promise<T>): Promise<T> => {
    const client = await connect();
    const session = sessionOf(client);
    try {
      return await run(session);
    } finally {
      client.release(session.isBroken());
    }
  };

  return {
    query: (text, values) => withSession((session) => session.query(text, values)),
    transaction: (run) => withSession((session) => transact(session, run)),
    close: () => pool.end(),
  };
}

function address(connection: Connection): PoolConfig {
  if (connection.kind === 'url') return { connectionString: connection.url };
  const { kind: _, ...fields } = connection;
  // Verified with the authorities of Node and of NODE_EXTRA_CA_CERTS, where the image has those of RDS.
  return { ...fields, ssl: { rejectUnauthorized: true } };
}

/** The statements of one connection while it is checked out. */
interface Session extends Queries {
  /** @returns the command that the server has run, such as `COMMIT`. */
  command(text: string): Promise<string>;
  readonly isBroken: () => boolean;
}

function sessionOf(client: PoolClient): Session {
  let isBroken = false;
  const run = async (text: string, values: readonly unknown[]) => {
    try {
      return await client.query(text, [...values]);
    } catch (error) {
      isBroken ||= !(error instanceof DatabaseError) || terminatesConnection(error.code);
      throw callErrorOf(error);
    }
  };
  return {
    query: async <Row>(text: string, values: readonly unknown[] = []) =>
      (await run(text, values)).rows as readonly Row[],
    command: async (text) => (await run(text, [])).command,
    isBroken: () => isBroken,
  };
}

/** The error of a failed statement. An error of the client, such as a value that it cannot serialize, stays unchanged. */
function callErrorOf(error: unknown): unknown {
  if (error instanceof TypeError || !(error instanceof Error)) return error;
  const meaning = error instanceof DatabaseError ? classifySqlState(error.code) : 'unavailable';
  switch (meaning) {
    case 'fault':
      return error;
    case 'unavailable':
      return new UnavailableError(`The database is unavailable: ${error.message}`, { cause: error });
    default:
      return new RejectedDataError(meaning, { cause: error });
  }
}

async function transact<T>(session: Session, run: (transaction: Queries) => Promise<T>): Promise<T> {
  await session.command('begin');
  try {
    const result = await run(session);
    // The server responds to `commit` with ROLLBACK if a statement has failed, even if its error was caught.
    if ((await session.command('commit')) !== 'COMMIT')
      throw new Error('The server rolled the transaction back.');
    return result;
  } catch (error) {
    // If the connection is closed, the server has rolled back already.
    await session.command('rollback').catch(() => {});
    throw error;
  }
}
