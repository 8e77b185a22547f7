import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, loopback } from '../../run/processes/ports.ts';
import {
  describeExit,
  type Exit,
  type ProcessGroup,
  type RunningProcess,
} from '../../run/processes/process-group.ts';
import { makeStateFolder, readOrCreate } from '../../run/state-folder.ts';
import { stopOrphanedServer } from './orphaned-server.ts';
import { asUser, dataFolder, findPrograms, nobody } from './postgres-programs.ts';

/** A PostgreSQL of one run's own. */
export interface PostgresServer {
  /** `postgresql://user:password@127.0.0.1:port/database`, for a role that may do everything there. */
  readonly url: string;
  /** Fulfils when it answers; rejects with what it said when it cannot run here. */
  readonly ready: Promise<void>;
  /** Fulfils when a server that was ready has ended, whoever asked for it. */
  readonly exited: Promise<Exit>;
  /** Ends it, with connections that are open, and loses nothing. */
  close(): Promise<void>;
}

export interface PostgresServerOptions {
  readonly processes: ProcessGroup;
  /** Keeps data and password; one server at a time may serve it. Made if it is not there. */
  readonly folder: string;
  /** Such as `linux-x64`. */
  readonly platform: string;
  readonly isRoot: boolean;
  readonly newPassword: () => string;
  /** Further settings, such as `fsync=off`. */
  readonly settings?: readonly string[];
}

const role = 'gatehouse';
const stopMilliseconds = 3_000;
const readyLine = 'database system is ready to accept connections';

/**
 * Serves the folder's databases on a free port of the loopback address, which is known before anything answers there.
 *
 * @throws {Error} when there is no PostgreSQL for this machine.
 */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const { folder } = options;
  const programs = await findPrograms(options.platform);
  const start = starter(options);
  makeStateFolder(folder);
  const password = await readOrCreate({
    folder,
    name: 'password',
    make: () => Promise.resolve(options.newPassword()),
    fault: (text) => (/^[!-~]+$/.test(text) ? undefined : 'it holds no password'),
  });
  const port = await freePort();

  let closing = false;
  let current: RunningProcess | undefined;
  const begin: Start = (name, command, onLine) => {
    if (closing) throw new Error('The database was closed before it was ready.');
    const started = start(name, command, onLine);
    current = started.server;
    return started;
  };
  const live = async (): Promise<RunningProcess> => {
    const data = dataFolder(folder);
    if (!existsSync(data)) await makeData(programs.initdb, data, options, begin);
    await stopOrphanedServer(data);
    const settings = [
      `listen_addresses=${loopback}`,
      `port=${port}`,
      'unix_socket_directories=',
      'max_connections=200',
      ...(options.settings ?? []),
    ];
    const command = [programs.postgres, '-D', data, ...settings.flatMap((setting) => ['-c', setting])];
    return await new Promise((resolve, reject) => {
      const { server, trouble } = begin('database', command, (line) => {
        if (line.includes(readyLine)) resolve(server);
      });
      void server.exited.then((exit) => reject(trouble(exit)));
    });
  };
  const server = live();
  const ready = server.then(() => {});
  // Told to whoever waits for it; nobody does when the run ends before.
  ready.catch(() => {});
  return {
    url: `postgresql://${role}:${encodeURIComponent(password)}@${loopback}:${port}/postgres`,
    ready,
    exited: server.then(({ exited }) => exited).catch(() => new Promise<never>(() => {})),
    async close() {
      closing = true;
      await current?.stop(stopMilliseconds);
      await ready.catch(() => {});
    },
  };
}

type Start = (
  name: string,
  command: readonly string[],
  onLine?: (line: string) => void,
) => { readonly server: RunningProcess; readonly trouble: (exit: Exit) => Error };

/** Starts programs as the user who may run them, and keeps what they said last. */
function starter({ processes, isRoot, folder }: PostgresServerOptions): Start {
  return (name, command, onLine) => {
    const said: string[] = [];
    const [program = '', ...args] = isRoot ? asUser(nobody(), command) : command;
    const server = processes.start({
      name,
      command: program,
      args,
      cwd: folder,
      // A language or time zone of this machine's would show in the data.
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      // SIGTERM would wait for every connection to end.
      stopSignal: 'SIGINT',
      onLine: (line) => {
        said.push(line);
        if (said.length > 20) said.shift();
        onLine?.(line);
      },
    });
    const trouble = (exit: Exit) => new Error(troubleText(name, exit, said, folder));
    return { server, trouble };
  };
}

/** What the program said last decides the remedy. */
function troubleText(name: string, exit: Exit, said: readonly string[], folder: string): string {
  const text = said.join('\n');
  const remedy = /could not look up effective user ID|user does not exist/.test(text)
    ? `This user (${process.getuid?.()}) has no entry in /etc/passwd, without which PostgreSQL makes no database. ` +
      'Add one, run as another user, or start a PostgreSQL and set DATABASE_URL.'
    : /control file|invalid primary checkpoint|could not locate a valid checkpoint|PG_VERSION|incompatible with server|PANIC|could not (open|read) (file|directory)/.test(
          text,
        )
      ? `Its files in ${folder} cannot be read. Restore them, or start with a clean state: npm start -- --reset`
      : 'Start another one and set DATABASE_URL.';
  return `The embedded PostgreSQL cannot run here: ${name} ${describeExit(exit)}. ${remedy}\n${text}`;
}

async function makeData(
  initdb: string,
  data: string,
  { isRoot, folder }: PostgresServerOptions,
  start: Start,
): Promise<void> {
  // What is broken off half-way never has the name.
  const draft = `${data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (isRoot) chownSync(draft, nobody().uid, nobody().gid);
  const access = ['--username', role, '--pwfile', join(folder, 'password'), '--auth', 'scram-sha-256'];
  // The one locale that is the same on every machine.
  const locale = ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale'];
  const { server, trouble } = start('initdb', [initdb, '--pgdata', draft, ...access, ...locale, 'C.UTF-8']);
  const exit = await server.exited;
  if (exit.kind !== 'exited' || exit.code !== 0) throw trouble(exit);
  renameSync(draft, data);
}
