import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { tokenCommand } from './issuer/token-command.ts';
import { loopback } from './processes/ports.ts';
import { startCommand } from './start-command.ts';

let stateFolder: string;
let stop: AbortController;
let printed: string[];
let errors: string[];
let before: ReadonlySet<string> = new Set();
beforeEach(() => {
  before = new Set();
  before = new Set(children());
  stateFolder = mkdtempSync(join(tmpdir(), 'run-'));
  stop = new AbortController();
  printed = [];
  errors = [];
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

const start = (environment: Record<string, string>, nodeVersion = '20.19.0') =>
  startCommand({
    environment: { PATH: process.env['PATH'], ...environment },
    nodeVersion,
    stateFolder,
    print: (line) => {
      printed.push(line);
    },
    printError: (line) => errors.push(line),
    signal: stop.signal,
  });

/** Processes of a run that this one has started and that are still there; the database of other tests is none. */
function children(): string[] {
  try {
    const listing = execFileSync('pgrep', [
      '-P',
      String(process.pid),
      '-f',
      'main.mjs|bootstrap.mjs|reaper.mjs|app.ts',
    ]);
    return listing
      .toString()
      .trim()
      .split('\n')
      .filter((pid) => !before.has(pid));
  } catch {
    return []; // pgrep fails when it finds none.
  }
}

async function screenOf(running: Promise<unknown>): Promise<string> {
  const screen = () => printed.find((text) => text.startsWith('Gateway'));
  const over = running.then(() => true);
  while (screen() === undefined) {
    const ended = await Promise.race([over, new Promise((next) => setTimeout(next, 50))]);
    if (ended === true) throw new Error(`No screen.\n${errors.join('\n')}`);
  }
  return screen() ?? '';
}

test('the printed call answers, tokens work from elsewhere, and the end leaves nothing', {
  timeout: 60_000,
}, async () => {
  const running = start({ PORT: '0' });
  const screen = await screenOf(running);
  const [, token = '', url = ''] = /curl -H 'Authorization: Bearer ([^']+)' (\S+)/.exec(screen) ?? [];
  const orders = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  expect(orders.status).toBe(200);
  expect(printed.some((line) => line.includes(String(orders.headers.get('x-request-id'))))).toBe(true);

  const other = await tokenCommand(['--sub', 'bob', '--permissions', 'orders:read', '--alg', 'EdDSA'], {
    stateFolder,
    nowSeconds: Math.floor(Date.now() / 1_000),
  });
  const bearer = other.exitCode === 0 ? other.stdout : '';
  expect((await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).status).toBe(200);
  expect((await fetch(url)).status).toBe(401);

  expect(children().length).toBeGreaterThan(8);
  stop.abort();
  expect(await running).toBe(0);
  expect(children()).toEqual([]);
  expect(readdirSync(stateFolder).sort()).toEqual([
    'databases',
    'events',
    'issuer-keys.json',
    'logs',
    'metrics',
    'queues',
    'run.json',
    'runs',
    'runtime-policy',
    'secrets',
    'tables',
    'topics',
  ]);
  expect(readdirSync(join(stateFolder, 'runs'))).toEqual([]);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('a run that is ended while it starts leaves nothing either', { timeout: 30_000 }, async () => {
  const running = start({ PORT: '0' });
  while (!children().some((pid) => pid !== '') || children().length < 2) {
    await new Promise((next) => setTimeout(next, 20));
  }
  stop.abort();
  expect(await running).toBe(0);
  expect(children()).toEqual([]);
  expect(errors).toEqual([]);
});

test('a port in use is named, with the remedy', async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, loopback, listening));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  expect(await start({ PORT: String(port) })).toBe(1);
  server.close();
  expect(errors[0]).toMatch(
    new RegExp(`^Port ${port} is in use.*choose another port: PORT=${port + 10} npm start$`),
  );
});

test.each([
  [{ PORT: 'eighty' }, '20.20.2', 'PORT="eighty" is no port. Give a number'],
  [{ PORT: '70000' }, '20.20.2', 'PORT="70000" is no port.'],
  [{}, '20.18.3', 'This is Node.js 20.18.3; the gateway needs 20.19 or newer.'],
  [
    { PORT: '0', REDIS_URL: 'redis://127.0.0.1:1' },
    '22.0.0',
    'Nothing answers at REDIS_URL=redis://127.0.0.1:1',
  ],
])('%j on Node.js %s cannot start', async (environment, nodeVersion, message) => {
  expect(await start(environment, nodeVersion)).toBe(1);
  expect(errors[0]).toContain(message);
  expect(children()).toEqual([]);
});
