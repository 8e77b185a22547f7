import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { findPrograms } from '../../lib/local/emulators/rds/postgres-programs.ts';
import { startPostgres } from '../../lib/local/emulators/rds/postgres-server.ts';
import { createProcessGroup } from '../../lib/local/run/processes/process-group.ts';
import { scratchFolder } from './scratch.ts';

const platform = `${process.platform}-${process.arch}`;
const given = process.env['DATABASE_URL'];

/** Whether PostgreSQL is available: at `DATABASE_URL`, or as programs that npm has installed. */
export const hasPostgres = given !== undefined || (await canRun());

/** Suffix for titles of such tests, so that a report explains why they were skipped. */
export const postgresNote = hasPostgres
  ? ''
  : ' (skipped: no PostgreSQL for this machine and no DATABASE_URL)';

let server: Promise<string> | undefined;
let databases = 0;

/**
 * The URL of a new, empty database. All databases of a process are on one server: the one at
 * `DATABASE_URL`, whose role must be allowed to create databases, or an embedded one.
 */
export async function freshDatabase(): Promise<string> {
  server ??= given === undefined ? startServer() : Promise.resolve(given);
  const url = new URL(await server);
  databases += 1;
  const name = `test_${process.pid}_${Date.now()}_${databases}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${name}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}

async function startServer(): Promise<string> {
  const folder = scratchFolder('postgres');
  // The server's processes end with this process, even if this process is killed.
  const processes = createProcessGroup();
  const { url, ready } = await startPostgres({
    processes,
    folder,
    platform,
    isRoot: process.getuid?.() === 0,
    newPassword: () => randomBytes(16).toString('hex'),
    // The data does not need to survive a power failure.
    settings: ['fsync=off', 'full_page_writes=off'],
  });
  await ready;
  return url;
}

async function canRun(): Promise<boolean> {
  try {
    execFileSync((await findPrograms(platform)).postgres, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
