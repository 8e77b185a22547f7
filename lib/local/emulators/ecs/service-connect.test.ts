import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type ServiceConnect, startServiceConnect } from './service-connect.ts';
import type { TaskSpec } from './task-specs.ts';
import type { Target } from './tasks.ts';

const servers: Server[] = [];
let names: ServiceConnect | undefined;
afterEach(() => {
  names?.close();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function startTask(answer: string): Promise<Target> {
  const server = createServer((_, response) => response.end(answer));
  servers.push(server);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

const spec = (name: string, environment: TaskSpec['environment'] = {}): TaskSpec => ({
  name,
  environment,
  targetGroups: [`${name}-targets`],
  count: 1,
});
const get = async (url: string) => await (await fetch(url, { headers: { connection: 'close' } })).text();

test('a caller gets an address instead of a name, and its calls are distributed to the tasks', async () => {
  const tasks = [await startTask('one'), await startTask('two')];
  names = await startServiceConnect(
    [
      spec('stock'),
      spec('order', { STOCK_URL: 'http://stock:8080', OTHER_URL: 'https://stock.example', ROLE: 'stock' }),
    ],
    (group) => (group === 'stock-targets' ? tasks : []),
  );
  const environment = names.specs[1]?.environment ?? {};
  expect(environment).toMatchObject({ OTHER_URL: 'https://stock.example', ROLE: 'stock' });
  const url = environment['STOCK_URL'] ?? '';
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(new Set([await get(url), await get(url), await get(url)])).toEqual(new Set(['one', 'two']));
});

test('a service refuses calls while it has no task', async () => {
  const tasks: Target[] = [];
  names = await startServiceConnect(
    [spec('stock'), spec('order', { STOCK_URL: 'http://stock:8080' })],
    () => tasks,
  );
  const url = names.specs[1]?.environment['STOCK_URL'] ?? '';
  await expect(get(url)).rejects.toThrow('fetch failed');
  tasks.push(await startTask('back'));
  expect(await get(url)).toBe('back');
});

test('an unknown name stays unchanged', async () => {
  names = await startServiceConnect([spec('order', { X_URL: 'http://elsewhere:80' })], () => []);
  expect(names.specs[0]?.environment).toEqual({ X_URL: 'http://elsewhere:80' });
});
