import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { bundledProgram } from '../../test/support/bundled-program.ts';
import type { LimitStoreRequest } from './limit-store.ts';
import { hasRedis, redisNote, startRedis, type TestRedis } from './testing/redis-server.ts';

const program = new URL('./testing/caller-process.ts', import.meta.url);

describe.runIf(hasRedis)(`callers in several processes${redisNote}`, () => {
  let server: TestRedis;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    server = await startRedis();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(() => server.close());

  async function start(call: LimitStoreRequest, times: number) {
    const child = spawn(
      process.execPath,
      [await bundledProgram(program), server.url, JSON.stringify(call), `${times}`],
      { stdio: ['pipe', 'pipe', 'inherit'] },
    );
    children.push(child);
    const lines = createInterface({ input: child.stdout });
    await once(lines, 'line');
    return async () => {
      child.stdin.write('go\n');
      const [line] = (await once(lines, 'line')) as [string];
      return JSON.parse(line) as { readonly admitted: number; readonly failed: number };
    };
  }

  test('of 1 000 concurrent calls on one key, exactly the burst is admitted', async () => {
    const call: LimitStoreRequest = {
      caller: `user:${randomUUID()}`,
      checks: [
        { kind: 'rate', name: 'user', requests: 1, periodSeconds: 3_600, burst: 137, cost: 1 },
        { kind: 'rate', name: 'plan', requests: 1, periodSeconds: 3_600, burst: 500, cost: 1 },
        { kind: 'quota', name: 'requests', startDay: 1, perMonth: 10_000, cost: 1 },
      ],
    };
    const processes = await Promise.all(Array.from({ length: 4 }, () => start(call, 250)));
    const results = await Promise.all(processes.map((go) => go()));
    const sum = (of: 'admitted' | 'failed') => results.reduce((total, result) => total + result[of], 0);
    expect({ admitted: sum('admitted'), failed: sum('failed') }).toEqual({ admitted: 137, failed: 0 });
  });
});
