import { expect, test } from 'vitest';
import { runService } from './service.ts';
import type { Listener, ServiceDependencies } from './service-dependencies.ts';

/** The dependencies of a task, with a stop and with waits that the test controls. */
function createTestDependencies(stop: Listener['stop']) {
  const waits: { readonly ms: number; readonly pass: () => void }[] = [];
  const lines: string[] = [];
  let requestStop: (reason: string) => void = () => {};
  const dependencies: ServiceDependencies = {
    settings: {
      role: 'carrier',
      port: 0,
      eventLogUrl: 'stdout:',
      environment: 'test',
      serviceName: 'carrier',
      database: null,
      databaseOwner: null,
      databaseIsGlobal: false,
      limitStore: null,
      serviceUrls: {},
      maxUnitsPerOwner: 1_000,
      paymentProvider: { kind: 'fake' },
      tracing: null,
    },
    writeLine: (line) => lines.push((JSON.parse(line) as { message: string }).message),
    nowMs: () => 0,
    monotonicMs: () => 0,
    newId: () => 'id',
    random: () => 0,
    awsCredentials: () => Promise.reject(new Error('not used')),
    wait: (ms, signal) =>
      new Promise((pass) => {
        waits.push({ ms, pass });
        signal?.addEventListener('abort', () => pass());
      }),
    listen: async () => ({ port: 1, stop }),
    stopRequested: new Promise((resolve) => {
      requestStop = resolve;
    }),
  };
  return { dependencies, waits, lines, requestStop: () => requestStop('SIGTERM') };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('returns true when it is drained, without waiting for the deadline', async () => {
  const { dependencies, lines, requestStop } = createTestDependencies(async () => {});
  const isDrained = runService(dependencies);
  await nextTurn();
  requestStop();
  expect(await isDrained).toBe(true);
  expect(lines).toEqual(['listening', 'stopping', 'stopped']);
});

test('returns false after 25 s if a call does not end', async () => {
  const { dependencies, waits, lines, requestStop } = createTestDependencies(() => new Promise(() => {}));
  const isDrained = runService(dependencies);
  await nextTurn();
  requestStop();
  await nextTurn();
  // The interval of the metrics, which the stop has ended, and the deadline.
  expect(waits.map(({ ms }) => ms)).toEqual([60_000, 25_000]);
  waits[1]?.pass();
  expect(await isDrained).toBe(false);
  expect(lines.at(-1)).toBe('stopped with work unfinished');
});
