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

/** An embedded PostgreSQL server. */
export interface PostgresServer {
  /** `postgresql://user:password@127.0.0.1:port/database`, for a superuser role. */
  readonly url: string;
  /** Resolves when it accepts connections; rejects with its output when it does not start. */
  readonly ready: Promise<void>;
  /** Resolves when a server that was ready has ended. */
  readonly exited: Promise<Exit>;
  /** Stops the server and its connections; no data is lost. */
  close(): Promise<void>;
}

export interface PostgresServerOptions {
  readonly processes: ProcessGroup;
  /** The folder of data and password, for one server at a time; created when it does not exist. */
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
 * Starts a server on a free port of the loopback address. The URL is known before the server is ready.
 *
 * @throws {Error} when the embedded PostgreSQL is not installed for this machine.
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
    fault: (text) => (/^[!-~]+$/.test(text) ? undefined : 'it does not contain a password'),
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
  // `ready` may have no listener when the run stops early; this prevents an unhandled rejection.
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

/** Starts programs as the right user and keeps their last output lines. */
function starter({ processes, isRoot, folder }: PostgresServerOptions): Start {
  return (name, command, onLine) => {
    const said: string[] = [];
    const [program = '', ...args] = isRoot ? asUser(nobody(), command) : command;
    const server = processes.start({
      name,
      command: program,
      args,
      cwd: folder,
      // The language and time zone of this machine must not change the data.
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      // SIGTERM waits for every connection to end.
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

/** The error message; the last output of the program decides the remedy. */
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
  // The final name appears only after the folder is complete.
  const draft = `${data}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { mode: 0o700 });
  if (isRoot) chownSync(draft, nobody().uid, nobody().gid);
  const access = ['--username', role, '--pwfile', join(folder, 'password'), '--auth', 'scram-sha-256'];
  // The only locale that is the same on every machine.
  const locale = ['--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale'];
  const { server, trouble } = start('initdb', [initdb, '--pgdata', draft, ...access, ...locale, 'C.UTF-8']);
  const exit = await server.exited;
  if (exit.kind !== 'exited' || exit.code !== 0) throw trouble(exit);
  renameSync(draft, data);
}
