import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'iovalkey';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../run/processes/ports.ts';
import { createProcessGroup, type ProcessGroup } from '../../run/processes/process-group.ts';
import { startInMemoryValkey } from './in-memory-valkey.ts';
import { type LocalLimitStore, openLocalLimitStore } from './local-limit-store.ts';

let processes: ProcessGroup;
let folder: string;
let notices: string[];
beforeEach(() => {
  processes = createProcessGroup();
  folder = mkdtempSync(join(tmpdir(), 'store-'));
  notices = [];
});
afterEach(async () => {
  await processes.close();
  rmSync(folder, { recursive: true });
});

const open = (environment: Record<string, string>): Promise<LocalLimitStore> =>
  openLocalLimitStore({ processes, environment, now: Date.now, notice: (text) => notices.push(text) });

async function ping(url: string): Promise<string> {
  const client = new Redis(url);
  const answer = await client.ping();
  client.disconnect();
  return answer;
}

/** Creates a program with this name in the only folder of the PATH. */
function program(name: string, source: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!${process.execPath}\n${source}`);
  chmodSync(path, 0o755);
  return path;
}

test('REDIS_URL has priority and its password is not shown', async () => {
  const other = await startInMemoryValkey(Date.now);
  const url = other.url.replace('redis://', 'redis://user:secret@');
  const store = await open({ REDIS_URL: url, PATH: process.env['PATH'] ?? '' });
  expect(store.url).toBe(url);
  expect(store.description).toBe(`${other.url.replace('//', '//…@')} (REDIS_URL is set)`);
  other.close();
});

test('refuses an unreachable REDIS_URL and names the remedy', async () => {
  const url = `redis://127.0.0.1:${await freePort()}`;
  await expect(open({ REDIS_URL: url })).rejects.toThrow(
    /^Cannot reach REDIS_URL=.*ECONNREFUSED.*Start it, or unset REDIS_URL\.$/,
  );
});

test('starts a server from the PATH and reports when it ends', async () => {
  const path = program(
    'redis-server',
    `const port = Number(process.argv[process.argv.indexOf('--port') + 1]);
     require('node:net').createServer((socket) => socket.on('data', () => process.exit(1))).listen(port, '127.0.0.1');`,
  );
  const store = await open({ PATH: folder });
  expect(store.description).toBe(`${path} on port ${new URL(store.url).port} (found on the PATH)`);
  const client = new Redis(store.url, { retryStrategy: () => null });
  client.on('error', () => {});
  await expect(client.ping()).rejects.toThrow('Connection is closed');
  while (notices.length === 0) await new Promise((next) => setTimeout(next, 5));
  expect(notices).toEqual([
    `The limit store (${path}) ended with exit code 1. Each function now counts limits in its own memory.`,
  ]);
});

test('uses the built-in store without a server, or when it does not start', async () => {
  const none = await open({ PATH: folder });
  expect(none.description).toContain('built in');
  expect(none.description).toContain('no valkey-server or redis-server on the PATH');
  expect(await ping(none.url)).toBe('PONG');
  none.close();

  const path = program('valkey-server', 'process.exit(1)');
  const broken = await open({ PATH: folder });
  expect(broken.description).toContain(`${path} does not start`);
  expect(await ping(broken.url)).toBe('PONG');
  broken.close();
});
