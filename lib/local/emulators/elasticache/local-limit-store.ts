import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'iovalkey';
import { freePort, waitForPort } from '../../run/processes/ports.ts';
import { describeExit, type ProcessGroup } from '../../run/processes/process-group.ts';
import { startInMemoryValkey } from './in-memory-valkey.ts';

/** The limit store of a run; all processes share it. */
export interface LocalLimitStore {
  readonly url: string;
  /** A description for the terminal, with the reason for the choice. */
  readonly description: string;
  close(): void;
}

export interface LocalLimitStorePorts {
  readonly processes: ProcessGroup;
  /** The run reads `REDIS_URL` and `PATH`. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly notice: (text: string) => void;
}

/** In order of preference: the templates use Valkey; Redis has the same protocol. */
const servers = ['valkey-server', 'redis-server'];
const maxStartMilliseconds = 3_000;

/**
 * Opens the limit store of a run: the one at `REDIS_URL`, else a server from the `PATH`, else the built-in one.
 *
 * @throws {Error} when `REDIS_URL` is set and cannot be reached.
 */
export async function openLocalLimitStore(ports: LocalLimitStorePorts): Promise<LocalLimitStore> {
  const given = ports.environment['REDIS_URL'];
  if (given !== undefined && given !== '') return externalStore(given);
  const found = findServer(ports.environment['PATH'] ?? '');
  if (found === undefined) return builtIn(ports, `no ${servers.join(' or ')} on the PATH`);
  return (await serverStore(found, ports)) ?? builtIn(ports, `${found} does not start`);
}

async function externalStore(url: string): Promise<LocalLimitStore> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: maxStartMilliseconds,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let cause = '';
  client.on('error', (error: Error) => {
    cause = error.message;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    const reason = cause !== '' ? cause : error instanceof Error ? error.message : 'no response';
    throw new Error(
      `Cannot reach REDIS_URL=${withoutPassword(url)} (${reason}). Start it, or unset REDIS_URL.`,
      { cause: error },
    );
  } finally {
    client.disconnect();
  }
  return { url, description: `${withoutPassword(url)} (REDIS_URL is set)`, close: () => {} };
}

async function serverStore(
  program: string,
  { processes, notice }: LocalLimitStorePorts,
): Promise<LocalLimitStore | undefined> {
  const port = await freePort();
  let wanted = true;
  let ended = false;
  const server = processes.start({
    name: 'limit-store',
    command: program,
    args: ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    env: {},
  });
  void server.exited.then((exit) => {
    ended = true;
    if (wanted)
      notice(
        `The limit store (${program}) ${describeExit(exit)}. Each function now counts limits in its own memory.`,
      );
  });
  const late = sleep(maxStartMilliseconds, false, { ref: false });
  if (!(await Promise.race([waitForPort(port, () => ended || !wanted), late]))) {
    wanted = false;
    server.kill();
    return undefined;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    description: `${program} on port ${port} (found on the PATH)`,
    close: () => {
      wanted = false;
    },
  };
}

async function builtIn({ now }: LocalLimitStorePorts, why: string): Promise<LocalLimitStore> {
  const store = await startInMemoryValkey(now);
  return {
    url: store.url,
    description: `built in, ${store.url} (${why}; REDIS_URL is not set)`,
    close: () => store.close(),
  };
}

function findServer(path: string): string | undefined {
  const folders = path.split(delimiter).filter((folder) => folder !== '');
  return servers.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^@/]*@/, '//…@');
}
