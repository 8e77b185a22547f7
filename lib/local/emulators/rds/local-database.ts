import { randomBytes } from 'node:crypto';
import { connectFault } from '../../run/processes/ports.ts';
import { describeExit, type ProcessGroup } from '../../run/processes/process-group.ts';
import { startPostgres } from './postgres-server.ts';

/** The database of a run. */
export interface Database {
  /** `postgresql:` */
  readonly url: string;
  /** A description for the terminal, with the reason for the choice. */
  readonly description: string;
  /** Resolves when it accepts connections; rejects with reason and remedy when it does not start. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface DatabasePorts {
  readonly processes: ProcessGroup;
  /** The run reads `DATABASE_URL`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The data folder of the embedded database; no other run may use it. */
  readonly folder: string;
  readonly notice: (text: string) => void;
}

/**
 * Opens the database of a run: the one at `DATABASE_URL`, else an embedded PostgreSQL.
 *
 * @throws {Error} when `DATABASE_URL` cannot be reached, or it is not set and PostgreSQL is not installed for this machine.
 */
export async function openDatabase({
  processes,
  environment,
  folder,
  notice,
}: DatabasePorts): Promise<Database> {
  const given = environment['DATABASE_URL'];
  if (given !== undefined && given !== '') return await externalDatabase(given);
  const server = await startPostgres({
    processes,
    folder,
    platform: `${process.platform}-${process.arch}`,
    isRoot: process.getuid?.() === 0,
    newPassword: () => randomBytes(24).toString('hex'),
  });
  let wanted = true;
  void server.exited.then((exit) => {
    if (wanted) notice(`The database ${describeExit(exit)}. Restart the run; the data is kept.`);
  });
  return {
    url: server.url,
    description: `embedded PostgreSQL on port ${new URL(server.url).port} (DATABASE_URL is not set)`,
    ready: server.ready,
    close() {
      wanted = false;
      return server.close();
    },
  };
}

async function externalDatabase(url: string): Promise<Database> {
  if (!/^postgres(ql)?:/.test(url) || !URL.canParse(url)) {
    throw new Error('DATABASE_URL is not a PostgreSQL URL: postgresql://user:password@host:5432/database');
  }
  const { host, hostname, port, pathname } = new URL(url);
  const fault = await connectFault(hostname, Number(port === '' ? 5432 : port));
  if (fault !== undefined) {
    throw new Error(
      `Cannot reach ${host} of DATABASE_URL (${fault}). Start the database, or unset DATABASE_URL.`,
    );
  }
  return {
    url,
    description: `PostgreSQL at ${host}${pathname} (DATABASE_URL is set)`,
    ready: Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
