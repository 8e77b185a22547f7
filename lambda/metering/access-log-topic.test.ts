import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestDynamoDb, type TestDynamoDb } from '../../runtime/aws/testing/dynamodb-server.ts';
import { parseEvent } from '../../runtime/events/parse-event.ts';
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
beforeEach(async () => {
  now = noon;
  metering = await createTestMetering(dynamo, unavailableLimitStore, { now: () => now });
});

const queued = (...bodies: readonly string[]) => ({
  Records: bodies.map((body, index) => ({ messageId: `${index}`, body, eventSource: 'aws:sqs' })),
});

test('turns every line into an event, in order and keyed by its caller', async () => {
  const anonymous = lineOf({ requestId: 'r2', caller: '-', decision: 'forbidden' });
  await metering.run(logEvent([lineOf({ requestId: 'r1' }), anonymous]));
  expect(metering.events.map(({ id, partitionkey, time }) => [id, partitionkey, time])).toEqual([
    ['r1', 'client:a', '2026-11-20T12:00:00.000Z'],
    ['r2', 'r2', '2026-11-20T12:00:00.000Z'],
  ]);
  expect(metering.events[1]?.data).toEqual(anonymous);
  for (const event of metering.events)
    expect(parseEvent(JSON.stringify(event))).toMatchObject({ kind: 'event' });
});

test('while the event log is unavailable, events wait in the queue, and metering continues', async () => {
  const caller = 'client:waiting';
  metering.unavailable.add('log');
  await metering.run(logEvent([lineOf({ requestId: 'r1', caller })]));
  expect(await metering.usage(caller)).toMatchObject({ requests: 1 });
  expect(metering.metrics.at(-1)).toMatchObject({ AccessLogFallback: 1, AccessLogEvents: 0 });
  expect(metering.queue).toHaveLength(1);

  const message = queued(...metering.queue);
  expect(await metering.run(message)).toEqual({ batchItemFailures: [{ itemIdentifier: '0' }] });
  metering.unavailable.delete('log');
  now += 30_000;
  expect(await metering.run(message)).toEqual({ batchItemFailures: [] });
  expect(metering.events.map(({ id }) => id)).toEqual(['r1']);
});

test('one invocation in half a minute waits for unavailable brokers', async () => {
  metering.unavailable.add('log');
  await metering.run(logEvent([lineOf({ requestId: 'r1' })]));
  metering.unavailable.delete('log');
  await metering.run(logEvent([lineOf({ requestId: 'r2' })]));
  expect([metering.queue.length, metering.events.length]).toEqual([2, 0]);
  now += 30_000;
  await metering.run(logEvent([lineOf({ requestId: 'r3' })]));
  expect([metering.queue.length, metering.events.length]).toEqual([2, 1]);
});

test('splits a batch larger than a message, and loses nothing of it', async () => {
  metering.unavailable.add('log');
  const random = (length: number) =>
    Array.from({ length }, () => Math.random().toString(36).slice(2)).join('');
  const lines = Array.from({ length: 300 }, (_, index) =>
    lineOf({ requestId: `${index}`, path: random(200) }),
  );
  await metering.run(logEvent(lines));
  expect(metering.queue.length).toBeGreaterThan(1);
  for (const body of metering.queue) expect(body.length).toBeLessThanOrEqual(262_144);
  metering.unavailable.delete('log');
  now += 30_000;
  await metering.run(queued(...metering.queue));
  expect(metering.events.map(({ id }) => id)).toEqual(lines.map(({ requestId }) => requestId));
});

test('the invocation fails with both unavailable, and is retried through the queue of failed invocations', async () => {
  metering.unavailable.add('log').add('queue');
  const batch = logEvent([lineOf({ requestId: 'r1', caller: 'client:both' })]);
  await expect(metering.run(batch)).rejects.toThrow('queue is unavailable');
  metering.unavailable.clear();
  now += 30_000;
  const failed = JSON.stringify({ requestContext: { condition: 'RetriesExhausted' }, requestPayload: batch });
  expect(await metering.run(queued(failed, 'no JSON'))).toEqual({
    batchItemFailures: [],
  });
  expect(metering.deadLetters).toEqual(['no JSON']);
  expect(await metering.usage('client:both')).toMatchObject({ requests: 1 });
  expect(metering.events.map(({ id }) => id)).toEqual(['r1']);
});

test('refuses an event of another kind, and reads no lines of a control message', async () => {
  await expect(metering.run({})).rejects.toThrow('neither from CloudWatch Logs nor from a queue');
  await metering.run(logEvent([]));
  expect(metering.events).toEqual([]);
});
