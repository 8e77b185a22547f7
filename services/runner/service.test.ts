import { expect, test } from 'vitest';
import { runService } from './service.ts';
import type { Listener, ServiceDependencies } from './service-dependencies.ts';

/** A world in which a test says when to stop and when the in-flight calls are done. */
function createWorld(stop: Listener['stop']) {
  const waits: { readonly ms: number; readonly pass: () => void }[] = [];
  const lines: string[] = [];
  let requestStop: (reason: string) => void = () => {};
  const world: ServiceDependencies = {
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
    awsCredentials: () => Promise.reject(new Error('not asked for')),
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
  return { world, waits, lines, requestStop: () => requestStop('SIGTERM') };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a drained service ends well, without waiting for its deadline', async () => {
  const { world, lines, requestStop } = createWorld(async () => {});
  const isDrained = runService(world);
  await settle();
  requestStop();
  expect(await isDrained).toBe(true);
  expect(lines).toEqual(['listening', 'stopping', 'stopped']);
});

test('a service with a call that does not end gives up after 25 s', async () => {
  const { world, waits, lines, requestStop } = createWorld(() => new Promise(() => {}));
  const isDrained = runService(world);
  await settle();
  requestStop();
  await settle();
  // The pause of its metrics, which the stop has ended, and the deadline.
  expect(waits.map(({ ms }) => ms)).toEqual([60_000, 25_000]);
  waits[1]?.pass();
  expect(await isDrained).toBe(false);
  expect(lines.at(-1)).toBe('stopped with work unfinished');
});
