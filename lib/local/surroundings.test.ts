import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, loopback } from './processes/ports.ts';
import { createProcessGroup, type ProcessGroup } from './processes/process-group.ts';
import { type Surroundings, startSurroundings } from './surroundings.ts';

let stateFolder: string;
let processes: ProcessGroup;
let started: Surroundings | undefined;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'surroundings-'));
  processes = createProcessGroup();
});
afterEach(async () => {
  started?.issuer.close();
  started?.store.close();
  await started?.database.close();
  await processes.close();
  rmSync(stateFolder, { recursive: true });
});

async function start(preferredIssuerPort: number, environment = {}): Promise<Surroundings> {
  started = await startSurroundings({
    processes,
    environment,
    stateFolder,
    databaseFolder: join(stateFolder, 'database'),
    notice: () => {},
    now: Date.now,
    preferredIssuerPort,
  });
  return started;
}

test('the environment learns the addresses of the run, and keeps the rest', async () => {
  const port = await freePort();
  const { configuration, issuer, store, externals } = await start(port);
  expect(issuer.url).toBe(`http://${loopback}:${port}`);
  expect(configuration.environment).toMatchObject({
    name: 'local',
    identity: { issuer: issuer.url, jwksUri: issuer.jwksUri, audience: 'store-api' },
    store: { kind: 'existing', url: store.url },
    events: { kind: 'existing', url: `file:${join(stateFolder, 'events')}` },
    externals: { carrier: `http://${loopback}:${externals[0]?.port}` },
  });
  expect(externals).toMatchObject([{ name: 'carrier', environment: { ROLE: 'carrier' }, targetGroups: [] }]);
});

test('an issuer whose port is taken has another one', async () => {
  const other = createServer();
  const port = await freePort();
  await new Promise<void>((listening) => other.listen(port, loopback, listening));
  const { issuer } = await start(port);
  expect(new URL(issuer.url).port).not.toBe(String(port));
  expect((await fetch(issuer.jwksUri)).status).toBe(200);
  other.close();
});

test('brokers that are there take the events', async () => {
  const { eventLog } = await start(await freePort(), { KAFKA_BROKERS: 'one:9092,two:9092' });
  expect(eventLog).toEqual({
    url: 'kafka://one:9092,two:9092',
    description: 'Kafka at one:9092,two:9092 (KAFKA_BROKERS is set)',
  });
});
