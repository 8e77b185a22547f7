import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, loopback } from '../processes/ports.ts';
import { createProcessGroup, type ProcessGroup } from '../processes/process-group.ts';
import { type Database, openDatabase } from './database.ts';
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

test('what is written outlives a restart, and only who has the password may read it', async () => {
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

test('it ends while connections are open', async () => {
  const database = await open();
  const client = new Client({ connectionString: database.url });
  client.on('error', () => {});
  await client.connect();
  await database.close();
  await expect(query(database.url, 'select 1')).rejects.toThrow(/ECONNREFUSED/);
  await client.end();
});

test('several run at once, each with its own data', async () => {
  const [one, two] = await Promise.all([open('one'), open('two')]);
  await query(one.url, 'create table only_here (id int)');
  await expect(query(two.url, 'select * from only_here')).rejects.toThrow(/does not exist/);
});

test('none of its processes is left when the run is killed', async () => {
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
  // Its data is whole, and nobody else has it.
  const next = await open('killed');
  expect(await query(next.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('DATABASE_URL is used when something answers there', async () => {
  const server = createServer();
  const port = await freePort();
  await new Promise<void>((listening) => server.listen(port, loopback, listening));
  const url = `postgresql://me:secret@${loopback}:${port}/shop`;
  const database = await open('unused', { DATABASE_URL: url });
  expect(database.url).toBe(url);
  expect(database.description).not.toContain('secret');
  await new Promise((closed) => server.close(closed));
  await expect(open('unused', { DATABASE_URL: url })).rejects.toThrow(
    `Nothing answers at ${loopback}:${port}, where DATABASE_URL is (ECONNREFUSED).`,
  );
  await expect(open('unused', { DATABASE_URL: 'mysql://here' })).rejects.toThrow(/is no URL of a PostgreSQL/);
});

test('a platform without programs is named, with the remedy', async () => {
  await expect(findPrograms('plan9-mips')).rejects.toThrow(/plan9-mips.*DATABASE_URL/s);
});
