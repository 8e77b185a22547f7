import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { freshDatabase, hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import { runService } from './service.ts';
import type { Answer, ServiceDependencies } from './service-dependencies.ts';

const pollOptions = { timeout: 10_000 };

/** A task of the product service, with waits that last until `endWaits`. */
function createTask(url: string) {
  const passes: (() => void)[] = [];
  const messages: string[] = [];
  let answer: Answer = () => Promise.reject(new Error('does not listen'));
  let requestStop: (reason: string) => void = () => {};
  const dependencies: ServiceDependencies = {
    settings: {
      role: 'product',
      port: 0,
      eventLogUrl: 'stdout:',
      environment: 'test',
      serviceName: 'product',
      database: { kind: 'url', url },
      databaseOwner: null,
      databaseIsGlobal: true,
      tracing: null,
      limitStore: null,
      serviceUrls: {},
      maxUnitsPerOwner: 1_000,
      paymentProvider: { kind: 'fake' },
    },
    writeLine: (line) => messages.push((JSON.parse(line) as { message: string }).message),
    nowMs: () => 0,
    monotonicMs: () => 0,
    newId: () => 'id',
    random: () => 0,
    awsCredentials: () => Promise.reject(new Error('not used')),
    wait: (_, signal) =>
      new Promise((pass) => {
        passes.push(pass);
        signal?.addEventListener('abort', () => pass());
      }),
    listen: async (newAnswer) => {
      answer = newAnswer;
      return { port: 1, stop: async () => {} };
    },
    stopRequested: new Promise((resolve) => {
      requestStop = resolve;
    }),
  };
  return {
    dependencies,
    messages,
    status: async (path: string) => (await answer(new Request(`http://task${path}`))).status,
    endWaits: () => {
      for (const pass of passes.splice(0)) pass();
    },
    requestStop: () => requestStop('SIGTERM'),
  };
}

async function runAsAdministrator(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query('set default_transaction_read_only = off');
  await client.query(statement);
  await client.end();
}

/** Switches the database between the states of a global database's cluster before and after its promotion. */
const readOnly = (url: string, isOn: boolean) =>
  runAsAdministrator(
    url,
    `alter database ${new URL(url).pathname.slice(1)} set default_transaction_read_only = ${isOn ? 'on' : 'off'}`,
  );

describe.runIf(hasPostgres)(`a task whose database has its writer in another region${postgresNote}`, () => {
  test('is healthy, not ready and answers 503, until the writer is in its region', async () => {
    const url = await freshDatabase();
    await readOnly(url, true);
    const task = createTask(url);
    const isDrained = runService(task.dependencies);
    await expect.poll(() => task.messages, pollOptions).toContain('standing by');
    expect(await task.status('/health')).toBe(200);
    expect(await task.status('/ready')).toBe(503);
    expect(await task.status('/api/products')).toBe(503);

    await readOnly(url, false);
    task.endWaits();
    await expect.poll(() => task.messages, pollOptions).toContain('listening');
    expect(await task.status('/ready')).toBe(200);
    expect(await task.status('/api/products')).toBe(200);
    expect(task.messages.filter((message) => message === 'standing by')).toHaveLength(1);

    task.requestStop();
    expect(await isDrained).toBe(true);
  }, 30_000);

  test('stops on request', async () => {
    const url = await freshDatabase();
    await readOnly(url, true);
    const task = createTask(url);
    const isDrained = runService(task.dependencies);
    await expect.poll(() => task.messages, pollOptions).toContain('standing by');
    task.requestStop();
    expect(await isDrained).toBe(true);
    expect(task.messages.at(-1)).toBe('stopped');
  }, 30_000);
});
