import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestDynamoDb, type TestDynamoDb } from '../../runtime/aws/testing/dynamodb-server.ts';
import {
  createTestMetering,
  lineOf,
  logEvent,
  noon,
  type TestMetering,
} from './testing/metering-fixtures.ts';

let dynamo: TestDynamoDb;
beforeAll(async () => {
  dynamo = await startTestDynamoDb();
});
afterAll(() => dynamo.close());

const unavailableLimitStore = { take: async () => ({ kind: 'failed', reason: 'unavailable' }) as const };
let now = noon;
let metering: TestMetering;
let callers = 0;
let caller: string;
const newCaller = () => {
  callers += 1;
  return `client:${callers}`;
};
let requests = 0;
const newRequest = () => {
  requests += 1;
  return `${requests}`;
};
beforeEach(async () => {
  now = noon;
  caller = newCaller();
  metering = await createTestMetering(dynamo, unavailableLimitStore, { now: () => now });
});

const calls = (count: number, part: Readonly<Record<string, string>> = {}) =>
  logEvent(
    Array.from({ length: count }, () =>
      lineOf({ caller, requestId: newRequest(), quotaLimit: '10', ...part }),
    ),
  );
const sentAlerts = () => metering.alerts.map(({ kind, percent, used }) => `${kind} ${percent} at ${used}`);

test('sends one alert each for 80, 90 and 100 percent of the requests', async () => {
  await metering.run(calls(7));
  expect(sentAlerts()).toEqual([]);
  await metering.run(calls(1));
  await metering.run(calls(1));
  await metering.run(calls(3));
  await metering.run(calls(1));
  expect(sentAlerts()).toEqual(['requests 80 at 8', 'requests 90 at 9', 'requests 100 at 12']);
  expect(metering.alerts[0]).toEqual({
    type: 'gatehouse.quota',
    version: 1,
    id: `${caller}/2026-11/requests/80`,
    environment: 'test',
    caller,
    clientId: 'acme',
    userId: '-',
    plan: 'pro',
    month: '2026-11',
    kind: 'requests',
    percent: 80,
    used: 8,
    allowed: 10,
    time: '2026-11-20T12:00:00.000Z',
  });
});

test('sends alerts for bytes separately, and again in each month', async () => {
  const ofBytes = { quotaLimit: 'unlimited', quotaBytes: '1000' };
  await metering.run(calls(9, ofBytes));
  await metering.run(calls(8, { ...ofBytes, timeEpochMs: `${Date.UTC(2026, 9, 31)}` }));
  expect(sentAlerts()).toEqual(['bytes 80 at 900', 'bytes 90 at 900', 'bytes 80 at 800']);
});

test('sends one alert from concurrent invocations', async () => {
  await Promise.all(Array.from({ length: 5 }, () => metering.run(calls(2))));
  expect(
    sentAlerts()
      .map((text) => text.replace(/ at .*/, ''))
      .sort(),
  ).toEqual(['requests 100', 'requests 80', 'requests 90']);
});

test('sends an alert that the topic refused when the lines are delivered again, and marks it as sent only then', async () => {
  metering.unavailable.add('topic');
  const batch = calls(8);
  await expect(metering.run(batch)).rejects.toThrow('topic is unavailable');
  metering.unavailable.delete('topic');
  await metering.run(batch);
  await metering.run(batch);
  expect(sentAlerts()).toEqual(['requests 80 at 8']);
});

test('leaves an alert to a later invocation, a minute later, when interrupted before the note: sent twice at most, and never lost', async () => {
  let reached = true;
  for (let call = 0; reached; call += 1) {
    caller = newCaller();
    const batch = calls(8);
    dynamo.cut(call, 'before');
    await metering.run(batch).catch(() => undefined);
    reached = dynamo.restore() > call;
    now += 61_000;
    await metering.run(batch);
    await metering.run(batch);
    const ids = metering.alerts.splice(0).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set([`${caller}/2026-11/requests/80`]));
    expect(ids.length).toBeLessThanOrEqual(reached ? 2 : 1);
  }
});
