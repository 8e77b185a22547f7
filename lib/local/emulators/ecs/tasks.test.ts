import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProcessGroup, type ProcessGroup } from '../../run/processes/process-group.ts';
import type { TaskSpec } from './task-specs.ts';
import { createTasks, type Tasks } from './tasks.ts';

let folder: string;
let processes: ProcessGroup;
let notices: string[];
let lines: string[];
let tasks: Tasks;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tasks-'));
  processes = createProcessGroup();
  notices = [];
  lines = [];
});
afterEach(async () => {
  await tasks.close();
  await processes.close();
  rmSync(folder, { recursive: true });
});

/** A service that returns its variables and ends on request. */
const server = `
  const { createServer } = require('node:http');
  if (process.env.ROLE === 'broken') throw new Error('no role');
  createServer((request, response) => {
    if (request.url === '/die') process.exit(3);
    response.end(JSON.stringify(process.env));
  }).listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));`;

beforeEach(() => {
  const program = join(folder, 'main.cjs');
  writeFileSync(program, server);
  tasks = createTasks({
    processes,
    program,
    inherited: {},
    projectFolder: process.cwd(),
    onLine: (name, line) => lines.push(`${name}: ${line}`),
    notice: (text) => notices.push(text),
    now: () => 0,
  });
});

const spec = (more: Partial<TaskSpec> = {}): TaskSpec => ({
  name: 'product',
  environment: { ROLE: 'product', PORT: '8080' },
  targetGroups: ['Service.Targets'],
  count: 1,
  ...more,
});

const url = (path = '/') => {
  const [target] = tasks.targets('Service.Targets');
  return `http://${target?.host}:${target?.port}${path}`;
};
const until = async (condition: () => boolean) => {
  while (!condition()) await sleep(10);
};

test('a task runs with its environment on a free port and joins its target group', async () => {
  await tasks.run(spec());
  const [target] = tasks.targets('Service.Targets');
  expect(await (await fetch(url())).json()).toEqual({
    ROLE: 'product',
    PORT: String(target?.port),
    GATEHOUSE_PARENT: '1',
  });
  expect(lines).toEqual(['product: listening']);
  expect(tasks.targets('Service.Other')).toEqual([]);
});

test('a service runs as many tasks as the template says', async () => {
  await tasks.run(spec({ count: 2 }));
  expect(new Set(tasks.targets('Service.Targets').map(({ port }) => port)).size).toBe(2);
});

test('a crashed task leaves its target group, is reported, and restarts', async () => {
  await tasks.run(spec());
  await fetch(url('/die')).catch(() => {});
  await until(() => tasks.targets('Service.Targets').length === 0);
  await until(() => notices.length > 0);
  expect(notices).toEqual([
    'Service product ended with exit code 3. It restarts in 0.5 s; the other services keep running.',
  ]);
  await until(() => tasks.targets('Service.Targets').length === 1);
  expect((await fetch(url())).status).toBe(200);
});

test('reports a service that cannot start and starts the others', async () => {
  await Promise.all([
    tasks.run(spec({ name: 'broken', environment: { ROLE: 'broken' }, targetGroups: ['Service.Broken'] })),
    tasks.run(spec()),
  ]);
  expect(tasks.targets('Service.Broken')).toEqual([]);
  expect((await fetch(url())).status).toBe(200);
  expect(notices[0]).toContain('Service broken ended with exit code 1.');
  expect(lines.some((line) => line.includes('no role'))).toBe(true);
});

test('a service stops and starts on request without a message', async () => {
  await tasks.run(spec());
  await tasks.stop('product');
  expect(tasks.targets('Service.Targets')).toEqual([]);
  await tasks.start('product');
  expect(tasks.targets('Service.Targets').length).toBe(1);
  expect(notices).toEqual([]);
  await expect(tasks.stop('nobody')).rejects.toThrow('Service nobody does not exist. Services: product.');
});
