import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CloudEvent, createEvent } from '../../runtime/events/cloud-event.ts';
import { TestScripts } from '../../runtime/limit-store/testing/test-scripts.ts';
import { createDeliveries, orderGroupOf } from '../../runtime/webhooks/webhook-deliveries.ts';
import { createDrain } from './drain.ts';

const now = Date.UTC(2026, 10, 20, 12);

function drainForTests() {
  const world = {
    isLogUnavailable: false,
    isDeadLetterQueueUnavailable: false,
    buried: [] as string[],
    logged: [] as CloudEvent[],
    metrics: [] as object[],
    lines: [] as string[],
  };
  const deliveries = createDeliveries(new TestScripts(() => now));
  const say = (message: string) => world.lines.push(message);
  const handler = createDrain({
    environment: 'test',
    eventLog: {
      produce: async (_, events) => {
        await Promise.resolve();
        if (world.isLogUnavailable) throw new Error('unavailable');
        world.logged.push(...events);
      },
    },
    deliveries,
    sendToDeadLetterQueue: async ({ id }) => {
      if (world.isDeadLetterQueueUnavailable) throw new Error('unavailable');
      world.buried.push(id);
    },
    now: () => now,
    log: { warn: say, error: say },
    writeMetrics: (line) => world.metrics.push(JSON.parse(line) as object),
  });
  return { world, deliveries, handler };
}

const webhook = (id: string, key: string) =>
  createEvent({
    id,
    source: '/webhooks/stripe',
    type: 'payments.webhook',
    subject: key,
    timeMs: now,
    data: {
      provider: 'stripe',
      eventId: id,
      eventType: 'x',
      receivedAt: new Date(now).toISOString(),
      body: {},
    },
  });

const record = (event: CloudEvent, body = JSON.stringify(event)) => ({
  messageId: `message-${event.id}`,
  body,
  attributes: { MessageGroupId: orderGroupOf(event) },
});

const failures = (...ids: string[]) => ({
  batchItemFailures: ids.map((id) => ({ itemIdentifier: `message-${id}` })),
});

describe('the drain', () => {
  test('writes a batch in its order, and lets later events of its keys bypass the queue', async () => {
    const { world, deliveries, handler } = drainForTests();
    const events = [webhook('1', 'a'), webhook('2', 'b'), webhook('3', 'a')];
    for (const event of events) await deliveries.enterBacklog(event);
    expect(await handler({ Records: events.map((event) => record(event)) })).toEqual(failures());
    expect(world.logged).toEqual(events);
    expect(world.metrics).toMatchObject([{ WebhooksDrained: 3, WebhookDrainFailures: 0 }]);
    for (const key of ['a', 'b']) {
      expect(await deliveries.claim(webhook('4', key), 'owner')).toEqual({
        kind: 'claimed',
        hasBacklog: false,
      });
    }
  });

  test('retries everything while the event log is unavailable, and the keys keep their backlog', async () => {
    const { world, deliveries, handler } = drainForTests();
    world.isLogUnavailable = true;
    const events = [webhook('1', 'a'), webhook('2', 'b')];
    for (const event of events) await deliveries.enterBacklog(event);
    expect(await handler({ Records: events.map((event) => record(event)) })).toEqual(failures('1', '2'));
    expect(world.metrics).toMatchObject([{ WebhooksDrained: 0, WebhookDrainFailures: 2 }]);
    expect(await deliveries.claim(webhook('3', 'a'), 'owner')).toEqual({ kind: 'claimed', hasBacklog: true });
  });

  test('buries a message that is not a webhook, and delays nothing behind it', async () => {
    const { world, handler } = drainForTests();
    const [one, bad, two, behind] = [
      webhook('1', 'a'),
      webhook('2', 'a'),
      webhook('3', 'b'),
      webhook('4', 'a'),
    ];
    const records = [record(one), record(bad, '{"not":"an event"}'), record(two), record(behind)];
    expect(await handler({ Records: records })).toEqual(failures());
    expect(world.logged).toEqual([one, two, behind]);
    expect(world.buried).toEqual(['message-2']);
    expect(world.lines).toEqual(['A message of the fallback queue is not a webhook.']);
  });

  test('stops a key, and no other, at a message that the dead-letter queue does not accept', async () => {
    const { world, handler } = drainForTests();
    world.isDeadLetterQueueUnavailable = true;
    const [bad, two, behind] = [webhook('2', 'a'), webhook('3', 'b'), webhook('4', 'a')];
    const records = [record(bad, '{"not":"an event"}'), record(two), record(behind)];
    expect(await handler({ Records: records })).toEqual(failures('2', '4'));
    expect(world.logged).toEqual([two]);
  });

  test('writes each webhook of any messages in order and buries each other message once', async () => {
    const other = { ...webhook('x', 'a'), type: 'orders.created' };
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.constantFrom('', '[', '['.repeat(100_000), JSON.stringify(other)),
      fc
        .tuple(fc.constantFrom('id', 'source', 'partitionkey', 'data', 'time'), fc.anything({ maxDepth: 1 }))
        .map(([name, value]) => JSON.stringify({ ...webhook('x', 'a'), [name]: { not: value } })),
      fc.constant(JSON.stringify(webhook('x', 'a')).replace('"x"', '"\\u0000\\ud800"')),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(hostile), { maxLength: 10 }), async (bodies) => {
        const { world, handler } = drainForTests();
        const events = bodies.map((_, index) => webhook(`${index}`, index % 2 === 0 ? 'a' : 'b'));
        const records = events.map((event, index) => record(event, bodies[index] ?? undefined));
        expect(await handler({ Records: records })).toEqual(failures());
        const isGood = (index: number) => bodies[index] === null;
        expect(world.logged).toEqual(events.filter((_, index) => isGood(index)));
        expect(world.buried).toEqual(
          events.flatMap(({ id }, index) => (isGood(index) ? [] : [`message-${id}`])),
        );
      }),
    );
  });

  test('writes an event of a later schema unchanged, because it was accepted', async () => {
    const { world, handler } = drainForTests();
    const later = { ...webhook('1', 'a'), dataschema: 'urn:gatehouse:events:payments.webhook:2' };
    expect(await handler({ Records: [record(later)] })).toEqual(failures());
    expect(world.logged).toEqual([later]);
  });

  test('never throws, whatever the event', async () => {
    const { handler } = drainForTests();
    expect(await handler(undefined)).toEqual(failures());
    expect(await handler({ Records: [{}] })).toEqual(failures());
  });
});
