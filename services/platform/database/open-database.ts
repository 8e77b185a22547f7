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
  /** How long we wait for its answer: the server's limit does not help when the server or the network is gone. */
  readonly answerMs: number;
}

/**
 * Together shorter than any route waits, so that its caller gets our 503 and not the gateway's 504; as long as that
 * allows, because at a peak calls queue for connections and for locks.
 */
export const databaseTimeouts: DatabaseTimeouts = {
  connectionMs: 2_000,
  statementMs: 2_000,
  answerMs: 2_500,
};

export interface DatabaseOptions {
  /** The service's own; made by its first migration. */
  readonly schema: string;
  /** How the connections call themselves in `pg_stat_activity`. */
  readonly applicationName: string;
  /** @default 10 */
  readonly maxConnections?: number;
  /** @default `databaseTimeouts` */
  readonly timeouts?: DatabaseTimeouts;
  /** Called once for each connection that breaks, idle or in use; the next statement opens another. */
  readonly onBrokenConnection: (error: Error) => void;
  /** Called once when the server no longer takes the password (28P01): it has been rotated since the task started. */
  readonly onPasswordRefused: () => void;
}

/** `invalid_password` of PostgreSQL's error codes (Appendix A). */
const invalidPassword = '28P01';

/**
 * A pool of connections, opened as they are needed, each call within its time-outs. A transaction that waits for its client
 * longer than 15 s is ended by the server, so that a stuck task holds no locks.
 *
 * Idle connections stay open: a task serves on by them while a new password has not reached it yet.
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
  // The pool listens to idle connections only, and an error that nobody listens to ends the process.
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
  // Verified by Node's own authorities and those of NODE_EXTRA_CA_CERTS, where the image has Amazon's for RDS.
  return { ...fields, ssl: { rejectUnauthorized: true } };
}

/** The statements of one connection while it is checked out. */
interface Session extends Queries {
  /** @returns what the server has done, such as `COMMIT`. */
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

/** What a failed statement means for the call. An error of another kind, such as a value that pg cannot write, is ours. */
function callErrorOf(error: unknown): unknown {
  if (error instanceof TypeError || !(error instanceof Error)) return error;
  const meaning = error instanceof DatabaseError ? classifySqlState(error.code) : 'unavailable';
  switch (meaning) {
    case 'fault':
      return error;
    case 'unavailable':
      return new UnavailableError(`The database cannot do this now: ${error.message}`, { cause: error });
    default:
      return new RejectedDataError(meaning, { cause: error });
  }
}

async function transact<T>(session: Session, run: (transaction: Queries) => Promise<T>): Promise<T> {
  await session.command('begin');
  try {
    const result = await run(session);
    // The server answers `commit` with ROLLBACK where a statement has failed, whoever caught its error.
    if ((await session.command('commit')) !== 'COMMIT') throw new Error('The transaction had failed before.');
    return result;
  } catch (error) {
    // When the connection is gone, the server has rolled back already.
    await session.command('rollback').catch(() => {});
    throw error;
  }
}
