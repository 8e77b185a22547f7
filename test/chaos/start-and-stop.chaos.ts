import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../lib/local/run/processes/ports.ts';
import { startRun } from '../support/started-run.ts';
import { chaosSeed, randomFrom } from './random.ts';

/** Starts that are interrupted or fail. They leave no processes, ports or files behind. */
const seed = chaosSeed('Starts that are interrupted');
const random = randomFrom(seed);

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'));
});
afterEach(() => rmSync(stateFolder, { recursive: true, force: true }));

const early = ['port', 'processes', 'issuer', 'limit store', 'database', 'tasks', 'templates'];
const late = [
  'Secrets Manager',
  'DynamoDB',
  'SQS',
  'event triggers',
  'gateway',
  'CloudFront API',
  'functions and services',
];
const last = ['event sources', 'record'];
/** Random moments: a step of the start, and milliseconds after its begin. */
const moments = (names: readonly string[], count: number) =>
  Array.from(
    { length: count },
    () => [names[Math.floor(random() * names.length)] ?? '', Math.round(random() * 400)] as const,
  );

test.each([...moments(early, 14), ...moments(late, 12), ...moments(last, 4)])(
  'a signal at "%s", %i ms later, stops the run without leftovers',
  async (stage, milliseconds) => {
    const port = await freePort();
    const run = startRun(stateFolder, port);
    await run.stage(stage);
    await sleep(milliseconds);
    run.interrupt();
    const { code, errors } = await run.ended;
    expect(code).toBe(0);
    expect(errors).not.toMatch(/^ +at /m);
    expect(await run.leftovers()).toEqual([]);
  },
);

test.each([
  ['the limit store', { REDIS_URL: 'redis://127.0.0.1:1' }, 'Cannot reach REDIS_URL'],
  ['the database', { DATABASE_URL: 'postgresql://me@127.0.0.1:1/shop' }, 'of DATABASE_URL (ECONNREFUSED)'],
  ['a valid URL of the database', { DATABASE_URL: 'mysql://here' }, 'DATABASE_URL is not a PostgreSQL URL'],
  ['the event log', { KAFKA_BROKERS: '127.0.0.1:1' }, 'Cannot reach KAFKA_BROKERS'],
])('a start without %s reports it and exits with code 1', async (_, environment, message) => {
  const port = await freePort();
  const run = startRun(stateFolder, port, environment);
  const { code, errors } = await run.ended;
  expect([code, errors]).toEqual([1, expect.stringContaining(message)]);
  expect(errors).not.toMatch(/^ +at /m);
  expect(await run.leftovers()).toEqual([]);
});

test.each(['issuer-keys.json', 'events/groups/metering/orders.json', 'database/password'])(
  'a start over a corrupted %s reports it and exits with code 1',
  async (file) => {
    const port = await freePort();
    const path = join(stateFolder, String(port), file);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, '\u0000');
    const run = startRun(stateFolder, port);
    const { code, errors } = await run.ended;
    expect([code, errors]).toEqual([1, expect.stringContaining(path)]);
    expect(errors).toContain('npm start -- --reset');
    expect(errors).not.toMatch(/^ +at /m);
    expect(await run.leftovers()).toEqual([]);
  },
);
