import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort, loopback } from './processes/ports.ts';
import { findRun, removeRunRecord, writeRunRecord } from './run-records.ts';
import { recordFolder, recordFor } from './testing/run-record.ts';

let stateFolder: string;
let servers: Server[];
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-records-'));
  servers = [];
});
afterEach(() => {
  for (const server of servers) server.close();
  rmSync(stateFolder, { recursive: true });
});

/** A running run: this process, and a server on its port. */
async function liveRun(
  more: { readonly processId?: number; readonly listens?: boolean } = {},
): Promise<string> {
  const port = await freePort();
  if (more.listens !== false) {
    const server = createServer();
    servers.push(server);
    await new Promise<void>((listening) => server.listen(port, loopback, listening));
  }
  const url = `http://${loopback}:${port}`;
  const record = recordFor(recordFolder(stateFolder, url), url);
  writeRunRecord({ ...record, processId: more.processId ?? record.processId });
  return String(port);
}

const find = async (port?: string, environment: Readonly<Record<string, string>> = {}) =>
  new URL((await findRun({ stateFolder, port, environment })).url).port;

test('finds the only run with and without a port', async () => {
  const port = await liveRun();
  expect(await find()).toBe(port);
  expect(await find(port)).toBe(port);
  expect(await find(undefined, { PORT: port })).toBe(port);
  expect(await find(undefined, { PORT: '' })).toBe(port);
});

test('requires a port when there are two runs and finds the requested one', async () => {
  const [one, other] = [await liveRun(), await liveRun()];
  await expect(find()).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('--port') as string,
  });
  expect(await find(one, { PORT: other })).toBe(one);
  expect(await find(undefined, { PORT: other })).toBe(other);
});

test('lists the runs when the port has no run', async () => {
  const port = await liveRun();
  await expect(find('1')).rejects.toThrow(
    `No local run on port 1. Start one with npm start -- --port 1. Runs are on: ${port}.`,
  );
});

test('ignores a record that is invalid, whose process has ended, or whose port has no listener', async () => {
  await liveRun({ processId: 2 ** 22 + 1 });
  await liveRun({ listens: false });
  mkdirSync(join(stateFolder, '8080'));
  writeFileSync(join(stateFolder, '8080', 'run.json'), '{"url":');
  await expect(find()).rejects.toMatchObject({
    exitCode: 1,
    message: 'No local run. Start one with npm start.',
  });
});

test('ignores a removed record and a missing folder', async () => {
  const port = await liveRun();
  removeRunRecord(join(stateFolder, port));
  await expect(find()).rejects.toThrow('No local run.');
  const nowhere = { stateFolder: join(stateFolder, 'none'), port: undefined, environment: {} };
  await expect(findRun(nowhere)).rejects.toThrow('No local run.');
});

test.each(['x', '0', '-1', '65536', '80 80', '8e3', ''])('refuses the port %j', async (port) => {
  await expect(find(port)).rejects.toMatchObject({ exitCode: 2 });
});
