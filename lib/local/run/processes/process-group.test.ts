import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProcessGroup, describeExit, type ProcessGroup, type ProcessSpec } from './process-group.ts';

let group: ProcessGroup;
beforeEach(() => {
  group = createProcessGroup();
});
afterEach(() => group.close());

const node = (source: string, more: Partial<ProcessSpec> = {}): ProcessSpec => ({
  name: 'it',
  command: process.execPath,
  args: ['-e', source],
  env: {},
  ...more,
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready ' + process.pid);`;

test('a process receives only its environment, and its lines arrive before its exit', async () => {
  const lines: string[] = [];
  const child = group.start(
    node(`console.log(JSON.stringify(process.env)); console.error('last'); process.exitCode = 3`, {
      env: { COLOUR: 'green' },
      onLine: (line, stream) => lines.push(`${stream} ${line}`),
    }),
  );
  expect(await child.exited).toEqual({ kind: 'exited', code: 3 });
  expect(lines.sort()).toEqual(['stderr last', 'stdout {"COLOUR":"green"}']);
});

test('a missing program is a result and not an exception', async () => {
  const exit = await group.start(node('', { command: '/nowhere/program' })).exited;
  expect(describeExit(exit)).toBe('could not start: spawn /nowhere/program ENOENT');
});

test('stops a process with SIGTERM, then with SIGKILL', async () => {
  const started = (source: string) =>
    new Promise<ReturnType<ProcessGroup['start']>>((resolve) => {
      const child = group.start(node(source, { onLine: () => resolve(child) }));
    });
  const polite = await started(
    `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log(1)`,
  );
  expect(await polite.stop()).toEqual({ kind: 'exited', code: 0 });
  const deaf = await started(stubborn);
  expect(await deaf.stop(50)).toEqual({ kind: 'killed', signal: 'SIGKILL' });
});

test('closing stops all processes, and no process starts afterwards', async () => {
  const children = [
    group.start(node('setInterval(() => {}, 1000)')),
    group.start(node('setInterval(() => {}, 1000)')),
  ];
  await group.close();
  expect(children.map(({ pid }) => isAlive(pid ?? 0))).toEqual([false, false]);
  expect(describeExit(await group.start(node('')).exited)).toBe('could not start: the run has stopped');
});

test('no process stays when the run itself is killed', async () => {
  const module = JSON.stringify(fileURLToPath(new URL('process-group.ts', import.meta.url)));
  const run = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '-e',
      `import { createProcessGroup } from ${module};
       const line = (text) => console.log(text);
       createProcessGroup().start({
         name: 'it', command: process.execPath, args: ['-e', ${JSON.stringify(stubborn)}], env: {}, onLine: line,
       });`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface({ input: run.stdout }), 'line')) as [string];
  const pid = Number(line.split(' ')[1]);
  expect(isAlive(pid)).toBe(true);
  run.kill('SIGKILL');
  while (isAlive(pid)) await sleep(20);
});
