import { randomBytes } from 'node:crypto';
import { connectFault } from '../../run/processes/ports.ts';
import { describeExit, type ProcessGroup } from '../../run/processes/process-group.ts';
import { startPostgres } from './postgres-server.ts';

/** The one database of a run. */
export interface Database {
  /** `postgresql:` */
  readonly url: string;
  /** What it is and why it was chosen, for the screen. */
  readonly description: string;
  /** Fulfils when it answers; rejects with reason and remedy when it does not come up. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

export interface DatabasePorts {
  readonly processes: ProcessGroup;
  /** `DATABASE_URL` is read. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the embedded one keeps its data; one run's alone. */
  readonly folder: string;
  readonly notice: (text: string) => void;
}

/**
 * The database of a run: the one at `DATABASE_URL`, else an embedded PostgreSQL.
 *
 * @throws {Error} when nothing answers at `DATABASE_URL`, or there is none and no PostgreSQL for this machine.
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
    if (wanted) notice(`The database ${describeExit(exit)}. Start the run again; what was written is kept.`);
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
    throw new Error('DATABASE_URL is no URL of a PostgreSQL: postgresql://user:password@host:5432/database');
  }
  const { host, hostname, port, pathname } = new URL(url);
  const fault = await connectFault(hostname, Number(port === '' ? 5432 : port));
  if (fault !== undefined) {
    throw new Error(`Nothing answers at ${host}, where DATABASE_URL is (${fault}). Start it, or unset it.`);
  }
  return {
    url,
    description: `PostgreSQL at ${host}${pathname} (DATABASE_URL is set)`,
    ready: Promise.resolve(),
    close: () => Promise.resolve(),
  };
}
