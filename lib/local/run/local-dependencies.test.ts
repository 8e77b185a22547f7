import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Cleanup } from './cleanup.ts';
import { type LocalDependencies, startLocalDependencies } from './local-dependencies.ts';
import { freePort, loopback } from './processes/ports.ts';
import { createProcessGroup, type ProcessGroup } from './processes/process-group.ts';

let stateFolder: string;
let processes: ProcessGroup;
let cleanup: Cleanup;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'dependencies-'));
  processes = createProcessGroup();
  cleanup = new Cleanup();
});
afterEach(async () => {
  await cleanup.run();
  await processes.close();
  rmSync(stateFolder, { recursive: true });
});

async function start(preferredIssuerPort: number, environment = {}): Promise<LocalDependencies> {
  return await startLocalDependencies({
    processes,
    environment,
    folder: stateFolder,
    cleanup,
    notice: () => {},
    now: Date.now,
    preferredIssuerPort,
  });
}

test('the environment gets the addresses of the run and keeps the other entries', async () => {
  const port = await freePort();
  const { configuration, issuer, limitStore: store, externals } = await start(port);
  expect(issuer.url).toBe(`http://${loopback}:${port}`);
  expect(configuration.environment).toMatchObject({
    name: 'local',
    identity: { issuer: issuer.url, jwksUri: issuer.jwksUri, audience: 'store-api' },
    limitStore: { kind: 'existing', url: store.url },
    events: { kind: 'existing', url: `file:${join(stateFolder, 'events')}` },
    externals: { carrier: `http://${loopback}:${externals[0]?.port}` },
  });
  expect(externals).toMatchObject([{ name: 'carrier', environment: { ROLE: 'carrier' }, targetGroups: [] }]);
});

test('the issuer uses another port when its port is in use', async () => {
  const other = createServer();
  const port = await freePort();
  await new Promise<void>((listening) => other.listen(port, loopback, listening));
  const { issuer } = await start(port);
  expect(new URL(issuer.url).port).not.toBe(String(port));
  expect((await fetch(issuer.jwksUri)).status).toBe(200);
  other.close();
});

test('uses reachable brokers for events', async () => {
  const broker = createServer();
  const port = await freePort();
  await new Promise<void>((listening) => broker.listen(port, loopback, listening));
  const brokers = `${loopback}:1,${loopback}:${port}`;
  const { eventLog } = await start(await freePort(), { KAFKA_BROKERS: brokers });
  expect(eventLog).toEqual({
    url: `kafka://${brokers}`,
    description: `Kafka at ${brokers} (KAFKA_BROKERS is set)`,
  });
  broker.close();
});

test.each([
  [{ KAFKA_BROKERS: '127.0.0.1:1' }, 'Cannot reach KAFKA_BROKERS=127.0.0.1:1 (ECONNREFUSED).'],
  [{ KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS="localhost" is not a list of brokers'],
  [{ REDIS_URL: 'redis://127.0.0.1:1' }, 'Cannot reach REDIS_URL=redis://127.0.0.1:1'],
  [{ DATABASE_URL: 'postgresql://me@127.0.0.1:1/shop' }, 'Cannot reach 127.0.0.1:1 of DATABASE_URL'],
])('refuses to start with %j and leaves nothing open', async (environment, message) => {
  await expect(start(await freePort(), environment)).rejects.toThrow(message);
});
