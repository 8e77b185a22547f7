import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createProcessGroup, type ProcessGroup } from '../../run/processes/process-group.ts';
import { createFunction, type LambdaFunction } from './function.ts';

let folder: string;
let processes: ProcessGroup;
let lines: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'function-'));
  processes = createProcessGroup();
  lines = [];
});
afterEach(async () => {
  await processes.close();
  rmSync(folder, { recursive: true });
});

/** Creates a function with this source, which runs in real processes. */
function functionOf(source: string, timeoutSeconds = 10): LambdaFunction {
  writeFileSync(join(folder, 'index.mjs'), source);
  let requests = 0;
  return createFunction(
    {
      id: 'Api.Fn',
      name: 'Fn',
      handler: 'index.handler',
      codeFolder: folder,
      environment: { COLOUR: 'green' },
      timeoutSeconds,
      memoryMiB: 256,
      region: 'eu-west-1',
    },
    {
      processes,
      onLine: (name, line) => lines.push(`${name}: ${line}`),
      now: Date.now,
      newRequestId: () => {
        requests += 1;
        return `00000000-0000-4000-8000-00000000000${requests}`;
      },
    },
  );
}

test('a handler receives its event, its context and its environment', async () => {
  const fn = functionOf(`
    console.log('loaded');
    export const handler = async (event, context) => ({
      event,
      requestId: context.awsRequestId,
      arn: context.invokedFunctionArn,
      name: context.functionName,
      inTime: context.getRemainingTimeInMillis() > 0 && context.getRemainingTimeInMillis() <= 10_000,
      trace: process.env._X_AMZN_TRACE_ID.split('=')[0],
      env: [process.env.COLOUR, process.env.AWS_REGION, process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE, process.env.HOME],
    });`);
  expect(await fn.invoke({ x: 'ü' })).toEqual({
    ok: true,
    payload: {
      event: { x: 'ü' },
      requestId: '00000000-0000-4000-8000-000000000001',
      arn: 'Api.Fn',
      name: 'Api.Fn',
      inTime: true,
      trace: 'Root',
      env: ['green', 'eu-west-1', '256', null],
    },
  });
  expect(lines).toEqual(['Fn: loaded']);
});

test('sequential invocations share one process; concurrent ones use up to four', async () => {
  const fn = functionOf(`
    let calls = 0;
    export const handler = async (milliseconds) => {
      calls += 1;
      const atStart = calls;
      await new Promise((done) => setTimeout(done, milliseconds));
      return { pid: process.pid, overlap: calls !== atStart };
    };`);
  const pids = (results: readonly unknown[]) =>
    new Set(results.map((result) => (result as { payload: { pid: number } }).payload.pid));

  const inARow = [await fn.invoke(0), await fn.invoke(0), await fn.invoke(0)];
  expect(pids(inARow).size).toBe(1);
  const atOnce = await Promise.all(Array.from({ length: 12 }, () => fn.invoke(250)));
  expect(pids(atOnce).size).toBe(4);
  expect(atOnce).toEqual(
    atOnce.map(() => ({ ok: true, payload: { pid: expect.any(Number) as number, overlap: false } })),
  );
});

test('an error fails its invocation only and is printed', async () => {
  const fn = functionOf(`
    export const handler = async (event) => {
      if (event === 'bad') throw new TypeError('no such colour');
      return 'good';
    };`);
  expect(await fn.invoke('bad')).toEqual({ ok: false, error: 'TypeError: no such colour' });
  expect(await fn.invoke('fine')).toEqual({ ok: true, payload: 'good' });
  expect(lines[0]).toBe('Fn: TypeError: no such colour');
});

test('a timeout kills the process; the next invocation gets a new one', async () => {
  const fn = functionOf(
    `export const handler = (event) => event === 'slow' ? new Promise(() => setInterval(() => {}, 1000)) : process.pid;`,
    1,
  );
  const before = await fn.invoke('quick');
  expect(await fn.invoke('slow')).toEqual({ ok: false, error: 'Task timed out after 1.00 seconds' });
  const after = await fn.invoke('quick');
  expect(after.ok).toBe(true);
  expect(after).not.toEqual(before);
});

test('a crash fails the invocation; the next one gets a new process', async () => {
  const fn = functionOf(
    `export const handler = async (event) => event === 'die' ? process.exit(7) : 'alive';`,
  );
  expect(await fn.invoke('live')).toEqual({ ok: true, payload: 'alive' });
  expect(await fn.invoke('die')).toEqual({
    ok: false,
    error: 'Runtime.ExitError: the process ended with exit code 7',
  });
  expect(await fn.invoke('live')).toEqual({ ok: true, payload: 'alive' });
});

test.each([
  ['that throws while it loads', `throw new Error('no configuration');`, 'Error: no configuration'],
  [
    'without its export',
    'export const other = 1;',
    'Runtime.HandlerNotFound: index.handler is undefined or not exported',
  ],
  ['that is not JavaScript', 'export const = ;', "SyntaxError: Unexpected token '='"],
])('a bundle %s fails every invocation with the reason', async (_, source, error) => {
  const fn = functionOf(source);
  expect(await fn.warm()).toBe(error);
  expect(await fn.invoke({})).toEqual({ ok: false, error });
  expect(await fn.invoke({})).toEqual({ ok: false, error });
});

test('the error of a missing bundle names it', async () => {
  const fn = functionOf('');
  rmSync(join(folder, 'index.mjs'));
  expect(await fn.warm()).toBe(`Runtime.ImportModuleError: Cannot find module 'index' in ${folder}`);
});

test('a response over the limit of Lambda is an error', async () => {
  const fn = functionOf(`export const handler = async (bytes) => 'x'.repeat(bytes);`);
  expect(await fn.invoke(7 * 1024 * 1024)).toEqual({
    ok: false,
    error: expect.stringContaining('Function.ResponseSizeTooLarge') as string,
  });
});

test('2,000 responses of 2 kB leave less than 200 bytes each on the heap', {
  timeout: 300_000,
}, async () => {
  writeFileSync(
    join(folder, 'index.mjs'),
    `export const handler = async () => ({ body: 'x'.repeat(2_000) });`,
  );
  const program = fileURLToPath(new URL('testing/retained-heap.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    'tsx',
    program,
    folder,
    '2000',
  ]);
  expect(Number(stdout)).toBeLessThan(2_000 * 200);
});
