import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'iovalkey';

/** A real server for tests and benchmarks. */
export interface TestRedis {
  readonly url: string;
  close(): Promise<void>;
}

/** A server that was started here, and can be stopped. */
export interface SpawnedRedis extends TestRedis {
  readonly process: ChildProcess;
}

/** Whether tests that start and stop a server can run. */
export const canSpawnRedis = findsServer();

/** Whether tests that need a real server can run. */
export const hasRedis = process.env['REDIS_URL'] !== undefined || canSpawnRedis;

/** For the titles of those tests, so that a report shows why they were skipped. */
export const redisNote = hasRedis ? '' : ' (skipped: no redis-server on PATH and no REDIS_URL)';
export const spawnNote = canSpawnRedis ? '' : ' (skipped: no redis-server on PATH)';

/** Uses `REDIS_URL`, or starts a server. */
export async function startRedis(): Promise<TestRedis> {
  const given = process.env['REDIS_URL'];
  return given === undefined ? spawnRedis() : { url: given, close: () => Promise.resolve() };
}

/** Starts `redis-server` without persistence in a temporary folder, on a free port unless one is given. */
export async function spawnRedis(args: readonly string[] = [], givenPort?: number): Promise<SpawnedRedis> {
  const port = givenPort ?? (await freePort());
  const folder = mkdtempSync(join(tmpdir(), 'redis-'));
  const server = spawn(
    'redis-server',
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...args],
    { stdio: 'ignore', cwd: folder },
  );
  // Stops the server also when the test did not.
  const end = () => {
    server.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', end);
  const url = `redis://127.0.0.1:${port}`;
  const probe = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  probe.on('error', () => undefined);
  await probe.ping();
  probe.disconnect();
  return {
    url,
    process: server,
    close: () =>
      new Promise((done) => {
        process.removeListener('exit', end);
        const ended = () => {
          end();
          done();
        };
        if (server.exitCode !== null || server.signalCode !== null) ended();
        else server.once('exit', ended);
        server.kill('SIGKILL');
      }),
  };
}

function findsServer(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/**
 * Below the system's range of ephemeral ports, so that no connection takes the port before the server does.
 */
export function freePort(): Promise<number> {
  return new Promise((done) => {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    server.once('error', () => done(freePort()));
    server.listen(port, '127.0.0.1', () => server.close(() => done(port)));
  });
}
