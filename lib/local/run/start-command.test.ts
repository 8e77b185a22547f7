import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { logsCommand } from './call-log/logs-command.ts';
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

const start = (environment: Record<string, string>, ...args: string[]) =>
  startCommand({
    args,
    environment: { PATH: process.env['PATH'], ...environment },
    stateFolder,
    print: (line) => {
      printed.push(line);
    },
    printError: (line) => errors.push(line),
    signal: stop.signal,
  });

/** The remaining processes of a run that this process started, without databases of other tests. */
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

test('the printed call works, tokens work from another terminal, and nothing stays after the end', {
  timeout: 240_000,
}, async () => {
  const running = start({ PORT: '0' }, '--verbose');
  const screen = await screenOf(running);
  const [, token = '', url = ''] = /curl -H 'Authorization: Bearer ([^']+)' (\S+)/.exec(screen) ?? [];
  const orders = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  expect(orders.status).toBe(200);
  expect(printed.some((line) => line.includes(String(orders.headers.get('x-request-id'))))).toBe(true);

  const other = await tokenCommand(['--sub', 'bob', '--permissions', 'orders:read', '--alg', 'EdDSA'], {
    stateFolder,
    environment: {},
    nowSeconds: Math.floor(Date.now() / 1_000),
  });
  const bearer = other.exitCode === 0 ? other.stdout : '';
  expect((await fetch(url, { headers: { authorization: `Bearer ${bearer}` } })).status).toBe(200);
  expect((await fetch(url)).status).toBe(401);
  await followsACall(new URL(url).origin, token);

  expect(children().length).toBeGreaterThan(8);
  stop.abort();
  expect(await running).toBe(0);
  expect(children()).toEqual([]);
  const folder = join(stateFolder, new URL(url).port);
  expect(readdirSync(stateFolder)).toEqual([new URL(url).port]);
  // The state for the next run on the port stays; the record and the build are removed.
  expect(readdirSync(folder).sort()).toEqual([
    'database',
    'events',
    'issuer-keys.json',
    'logs',
    'metrics',
    'queues',
    'runtime-policy',
    'secrets',
    'tables',
    'topics',
  ]);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

/** Places an order, and follows it through the run by the id in its answer. */
async function followsACall(origin: string, token: string): Promise<void> {
  const placed = await fetch(`${origin}/api/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ items: [{ productId: 'fjord-mini', quantity: 1 }] }),
  });
  expect(placed.status).toBe(201);
  const logs = async (id: string) => await logsCommand([id, '--json'], { stateFolder, environment: {} });
  const sources = async () => {
    const outcome = await logs(String(placed.headers.get('x-request-id')));
    if (outcome.exitCode !== 0) return [];
    return outcome.stdout.split('\n').map((line) => (JSON.parse(line) as { source: string }).source);
  };
  await expect
    .poll(sources, { timeout: 30_000 })
    .toEqual(expect.arrayContaining(['edge', 'authorizer', 'API', 'load balancer', 'order', 'event']));
  expect(await logs(String(placed.headers.get('x-amz-cf-id')))).toMatchObject({ exitCode: 0 });
  expect(await logs('none')).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('has no call none'),
  });
}

test('a run that is stopped while it starts leaves nothing', { timeout: 240_000 }, async () => {
  const running = start({ PORT: '0' });
  while (!children().some((pid) => pid !== '') || children().length < 2) {
    await new Promise((next) => setTimeout(next, 20));
  }
  stop.abort();
  expect(await running).toBe(0);
  expect(children()).toEqual([]);
  expect(errors).toEqual([]);
});

test('names a port in use and the remedy', async () => {
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
  [[], { PORT: 'eighty' }, 'PORT="eighty" is not a valid port. Specify a number'],
  [[], { PORT: '70000' }, 'PORT="70000" is not a valid port.'],
  [[], { PORT: '-1' }, 'PORT="-1" is not a valid port.'],
  [['--port', '8e3'], {}, '--port "8e3" is not a valid port.'],
  [['--port='], {}, '--port "" is not a valid port.'],
  [['--port', '0', '--reset'], {}, '--reset needs the port of the state to remove'],
  [['--watchful'], {}, "Unknown option '--watchful'"],
  [['extra'], {}, "Unexpected argument 'extra'"],
  [['--verbose=1'], {}, '--verbose'],
])('refuses %j with %j and names the valid input', async (args, environment, message) => {
  expect(await start(environment, ...args)).toBe(2);
  expect(errors[0]).toContain(message);
  expect(errors[0]).toContain('--port');
  expect(readdirSync(stateFolder)).toEqual([]);
});

test('--help lists the options and starts nothing', async () => {
  expect(await start({}, '--help')).toBe(0);
  for (const option of ['--port', '--verbose', '--reset', '--help']) expect(printed[0]).toContain(option);
  expect(readdirSync(stateFolder)).toEqual([]);
});

test.each(['18.19.1', '20.18.3', '16.0.0'])(
  'Node.js %s gets one message without a stack trace',
  (version) => {
    const program = JSON.stringify(fileURLToPath(new URL('../../../bin/run.cjs', import.meta.url)));
    const code = `Object.defineProperty(process, 'versions', { value: { node: '${version}' } }); require(${program});`;
    const { status, stderr } = spawnSync(process.execPath, ['-e', code], { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toBe(
      `This is Node.js ${version}; the gateway needs 20.19 or newer. Install one from https://nodejs.org.\n`,
    );
  },
);
