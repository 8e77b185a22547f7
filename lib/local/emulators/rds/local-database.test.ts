import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, loopback } from '../../run/processes/ports.ts';
import { createProcessGroup, type ProcessGroup } from '../../run/processes/process-group.ts';
import { type Database, openDatabase } from './local-database.ts';
import { findPrograms } from './postgres-programs.ts';

let folder = '';
let processes: ProcessGroup;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-database-'));
  processes = createProcessGroup();
});
afterEach(async () => {
  await processes.close();
  rmSync(folder, { recursive: true, force: true });
});

async function open(name = 'a', environment = {}): Promise<Database> {
  const database = await openDatabase({
    processes,
    environment,
    folder: join(folder, name),
    notice: () => {},
  });
  await database.ready;
  return database;
}

async function query(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

test('keeps data after a restart and requires the password', async () => {
  const first = await open();
  await query(first.url, "create table phones (name text); insert into phones values ('é')");
  await first.close();
  const second = await open();
  expect(await query(second.url, 'select name, upper(name) as shout from phones')).toEqual([
    { name: 'é', shout: 'É' },
  ]);
  const without = new URL(second.url);
  without.password = 'guessed';
  await expect(query(without.href, 'select 1')).rejects.toThrow(/password authentication failed/);
});

test('stops while connections are open', async () => {
  const database = await open();
  const client = new Client({ connectionString: database.url });
  client.on('error', () => {});
  await client.connect();
  await database.close();
  await expect(query(database.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
  await client.end();
});

test('several databases run at once with separate data', async () => {
  const [one, two] = await Promise.all([open('one'), open('two')]);
  await query(one.url, 'create table only_here (id int)');
  await expect(query(two.url, 'select * from only_here')).rejects.toThrow(/does not exist/);
});

test('no process stays when the run is killed', async () => {
  const runner = fileURLToPath(new URL('testing/run-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', runner, join(folder, 'killed')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once('line', resolve),
  );
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  child.kill('SIGKILL');
  const answers = () =>
    query(url, 'select 1')
      .then(() => true)
      .catch(() => false);
  while (await answers());
  // The data is intact, and no process holds its lock.
  const next = await open('killed');
  expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('stops a server that survived its run and the reaper, and keeps its data', async () => {
  const runner = fileURLToPath(new URL('testing/run-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', runner, join(folder, 'left')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once('line', resolve),
  );
  await query(url, "create table kept (name text); insert into kept values ('yes')");
  const lock = join(folder, 'left', 'data-18', 'postmaster.pid');
  const pid = Number(readFileSync(lock, 'utf8').split('\n', 1)[0]);
  const reaper = execFileSync('pgrep', ['-P', String(child.pid), '-f', 'reaper.mjs'])
    .toString()
    .trim();
  process.kill(Number(reaper), 'SIGKILL');
  child.kill('SIGKILL');
  process.kill(pid, 0); // It is still there.
  const next = await open('left');
  expect(await query(next.url, 'select name from kept')).toEqual([{ name: 'yes' }]);
  expect(Number(readFileSync(lock, 'utf8').split('\n', 1)[0])).not.toBe(pid);
  await expect(query(url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
}, 60_000);

test('a lock with the process id of another program stops no process', async () => {
  await (await open('reused')).close();
  const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const data = join(folder, 'reused', 'data-18');
  writeFileSync(join(data, 'postmaster.pid'), `${bystander.pid}\n${data}\n`);
  await open('reused');
  expect(bystander.exitCode).toBeNull();
  expect(bystander.signalCode).toBeNull();
  bystander.kill('SIGKILL');
}, 60_000);

test('names an unreadable control file and the remedy', async () => {
  await (await open('broken')).close();
  writeFileSync(join(folder, 'broken', 'data-18', 'global', 'pg_control'), 'torn');
  await expect(open('broken')).rejects.toThrow(/control file|cannot be read/);
  await expect(open('broken')).rejects.toThrow('npm start -- --reset');
}, 60_000);

test('leaves no process when it is closed during its creation', async () => {
  const database = await openDatabase({
    processes,
    environment: {},
    folder: join(folder, 'early'),
    notice: () => {},
  });
  await database.close();
  await expect(database.ready).rejects.toThrow(/cannot run here|was closed/);
});

test('uses DATABASE_URL when it can be reached', async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((listening) => server.listen(port, loopback, listening));
  const url = `postgresql://me:secret@${loopback}:${port}/shop`;
  const database = await open('unused', { DATABASE_URL: url });
  expect(database.url).toBe(url);
  expect(database.description).not.toContain('secret');
  await new Promise((closed) => server.close(closed));
  await expect(open('unused', { DATABASE_URL: url })).rejects.toThrow(
    `Cannot reach ${loopback}:${port} of DATABASE_URL (ECONNREFUSED).`,
  );
  await expect(open('unused', { DATABASE_URL: 'mysql://here' })).rejects.toThrow(/is not a PostgreSQL URL/);
});

test('names a platform without programs and the remedy', async () => {
  await expect(findPrograms('plan9-mips')).rejects.toThrow(/plan9-mips.*DATABASE_URL/s);
});
