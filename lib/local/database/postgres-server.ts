import { chownSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIfThere } from '../../read-if-there.ts';
import { freePort, loopback } from '../processes/ports.ts';
import {
  describeExit,
  type Exit,
  type ProcessGroup,
  type RunningProcess,
} from '../processes/process-group.ts';
import { makeStateFolder, readOrMake } from '../state-folder.ts';
import { asUser, findPrograms, nobody, postgresMajorVersion } from './postgres-programs.ts';

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
const stopMilliseconds = 10_000;
const maxLockMilliseconds = 2_000;
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
  const password = await readOrMake(folder, 'password', () => Promise.resolve(options.newPassword()));
  const port = await freePort();

  const live = async (): Promise<RunningProcess> => {
    const data = join(folder, `data-${postgresMajorVersion}`);
    if (!existsSync(data)) await makeData(programs.initdb, data, options, start);
    await withoutDeadLock(join(data, 'postmaster.pid'));
    const settings = [
      `listen_addresses=${loopback}`,
      `port=${port}`,
      'unix_socket_directories=',
      'max_connections=200',
      ...(options.settings ?? []),
    ];
    const command = [programs.postgres, '-D', data, ...settings.flatMap((setting) => ['-c', setting])];
    return await new Promise((resolve, reject) => {
      const { server, trouble } = start('database', command, (line) => {
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
    close: () =>
      server.then(
        async (running) => void (await running.stop(stopMilliseconds)),
        () => {},
      ),
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
    const trouble = (exit: Exit) =>
      new Error(
        `The embedded PostgreSQL cannot run here: ${name} ${describeExit(exit)}. ` +
          `Start another one and set DATABASE_URL.\n${said.join('\n')}`,
      );
    return { server, trouble };
  };
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

/**
 * Waits for a server that was killed with its run to be gone. Its lock file would go on to count where nobody collects
 * the dead, as in some containers, or where another program has its number now.
 */
async function withoutDeadLock(lockFile: string): Promise<void> {
  for (let waited = 0; waited < maxLockMilliseconds; waited += 50) {
    const [, pid] = /^(\d+)\n/.exec(readIfThere(lockFile) ?? '') ?? [];
    const status = pid === undefined ? undefined : readIfThere(`/proc/${pid}/stat`);
    if (status === undefined) return;
    if (!/\(postgres\) [^Z]/.test(status)) return rmSync(lockFile);
    await sleep(50);
  }
}
