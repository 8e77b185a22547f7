import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestDynamoDb, type TestDynamoDb } from '../../runtime/aws/testing/dynamodb-server.ts';
import { replaySource } from './contract.ts';
import { batchOf, createTestConsumer, noon, order, stock } from './testing/business-event-fixtures.ts';

let dynamo: TestDynamoDb;
beforeAll(async () => {
  dynamo = await startTestDynamoDb();
});
afterAll(() => dynamo.close());

const minute = 60_000;
let tables = 0;
let orders = 0;
let now = noon;
/** On a separate table, because a sweep reads everything that is due. */
const newConsumer = async () => {
  tables += 1;
  return await createTestConsumer(dynamo, `state-${tables}`, () => now);
};
let consumer: Awaited<ReturnType<typeof newConsumer>>;
beforeEach(async () => {
  now = noon;
  consumer = await newConsumer();
});
const none = { batchItemFailures: [] };

describe('orders', () => {
  test('are counted, with their revenue and the duration of each step', async () => {
    const [a, b] = [order('a'), order('b')];
    const events = [
      a.created(),
      a.declined(100),
      a.declined(200),
      a.paid(1_000),
      a.confirmed(1_500),
      b.created(),
      b.failed(9),
    ];
    expect(await consumer.run(batchOf(events))).toEqual(none);
    expect(consumer.sums()).toEqual({
      OrdersCreated: 2,
      PaymentsFailed: 2,
      PaymentsSucceeded: 1,
      OrdersConfirmed: 1,
      OrdersFailed: 1,
      'Revenue EUR': 89_900,
      OrderToPaymentTime: 1_000,
      PaymentToConfirmationTime: 500,
      OrderToConfirmationTime: 1_500,
    });
    expect(consumer.calls).toHaveLength(1);
  });

  test('count once, whatever the order and the repetitions of their events', async () => {
    const all = (id: string) => {
      const { created, paid, confirmed } = order(id);
      return [created(), paid(1_000), confirmed(1_500)];
    };
    await fc.assert(
      fc.asyncProperty(
        fc.shuffledSubarray([0, 1, 2, 0, 1, 2, 0, 1, 2], { minLength: 9 }),
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 9, maxLength: 9 }),
        async (sequence, sizes) => {
          orders += 1;
          const events = all(`${orders}`);
          const one = await createTestConsumer(dynamo, 'shared', () => now);
          for (let from = 0, n = 0; from < sequence.length; from += sizes[n] ?? 1, n += 1) {
            const size = sizes[n] ?? 1;
            await one.run(batchOf(sequence.slice(from, from + size).map((index) => events[index])));
          }
          expect(one.sums()).toEqual({
            OrdersCreated: 1,
            PaymentsSucceeded: 1,
            OrdersConfirmed: 1,
            'Revenue EUR': 89_900,
            OrderToPaymentTime: 1_000,
            PaymentToConfirmationTime: 500,
            OrderToConfirmationTime: 1_500,
          });
        },
      ),
      { numRuns: 10 },
    );
  });

  test('are counted in the minute of their events', async () => {
    await consumer.run(batchOf([order('a').created(-5 * minute), order('b').created(-5 * minute + 1)]));
    expect(consumer.calls[0]).toEqual([
      {
        MetricName: 'OrdersCreated',
        Dimensions: [{ Name: 'environment', Value: 'test' }],
        Timestamp: new Date(noon - 5 * minute),
        Unit: 'Count',
        Values: [1],
        Counts: [2],
      },
    ]);
  });

  test('that are too old for CloudWatch are reported, and not counted', async () => {
    const batch = batchOf([order('old').created(-15 * 24 * 60 * minute)]);
    await consumer.run(batch);
    await consumer.run(batch);
    expect(consumer.sums()).toEqual({ EventsTooOld: 1 });
  });
});

describe('a batch that fails', () => {
  test('because CloudWatch is unavailable is delivered again from its first event, and counts once', async () => {
    const batch = batchOf([order('x').created(), order('y').created()]);
    consumer.cloudWatch.isUnavailable = true;
    expect(await consumer.run(batch)).toEqual({
      batchItemFailures: [{ itemIdentifier: { partition: 'topic-0', offset: 0 } }],
    });
    consumer.cloudWatch.isUnavailable = false;
    expect(await consumer.run(batch)).toEqual(none);
    expect(consumer.sums()).toEqual({ OrdersCreated: 2 });
  });

  test('because of a malformed event is done: that is buried, and the others have counted', async () => {
    const { created } = order('z');
    const { created: later } = order('later');
    const unknown = { ...created(), type: 'orders.shipped' };
    const batch = batchOf([created(), unknown, 'no JSON', later()]);
    expect(await consumer.run(batch)).toEqual(none);
    expect(await consumer.run(batch)).toEqual(none);
    expect(consumer.sums()).toEqual({ OrdersCreated: 2 });
    expect(consumer.buried.map((message) => JSON.parse(message) as unknown)).toEqual([
      {
        partition: 'topic-0',
        offset: 2,
        reason: 'not JSON',
        value: Buffer.from('no JSON').toString('base64'),
      },
    ]);
  });

  test('is named, not buried again and not thrown when an operator replays a dead letter that still fails', async () => {
    const thrower = await createTestConsumer(dynamo, 'replayed', () => now, 'throw');
    const replayed = { source: replaySource, ...batchOf(['no JSON']) };
    const itemIdentifier = { partition: 'topic-0', offset: 0 };
    expect(await thrower.run(replayed)).toEqual({ batchItemFailures: [{ itemIdentifier }] });
    expect(thrower.buried).toEqual([]);
    const corrected = { source: replaySource, ...batchOf([order('replayed').created()]) };
    expect(await thrower.run(corrected)).toEqual(none);
    expect(thrower.sums()).toEqual({ OrdersCreated: 1 });
  });

  test('is thrown when the mapping reads no failed records', async () => {
    const thrower = await createTestConsumer(dynamo, 'thrown', () => now, 'throw');
    thrower.cloudWatch.isUnavailable = true;
    const batch = batchOf([order('t').created(), 'no JSON']);
    await expect(thrower.run(batch)).rejects.toThrow('1 partitions have failed');
    thrower.cloudWatch.isUnavailable = false;
    expect(await thrower.run(batch)).toEqual(none);
    expect(thrower.sums()).toEqual({ OrdersCreated: 1 });
    expect(thrower.buried).toHaveLength(1);
  });

  test('counts once wherever it is interrupted; twice at most when CloudWatch has answered and that is not noted', async () => {
    let reached = true;
    for (let call = 0; reached; call += 1) {
      consumer = await newConsumer();
      const { created, paid } = order('cut');
      const batch = batchOf([created(), paid(700), stock('reserved', 'cut')]);
      dynamo.cut(call, 'after');
      await consumer.run(batch).catch(() => undefined);
      reached = dynamo.restore() > call;
      const isSentTwice = consumer.calls.length > 0 && reached;
      await consumer.run(batch);
      for (const metric of ['OrdersCreated', 'PaymentsSucceeded']) {
        const sum = consumer.sums()[metric];
        expect([1, isSentTwice ? 2 : 1]).toContain(sum);
      }
    }
  });
});

describe('stock', () => {
  const mismatches = (sums: Readonly<Record<string, number>>) =>
    Object.keys(sums).filter((name) => name.startsWith('InventoryMismatches'));

  test('is consistent when each reservation has one outcome, in any order of events', async () => {
    await consumer.run(batchOf([stock('reserved', '1'), stock('committed', '1', { ms: minute })]));
    await consumer.run(batchOf([stock('released', '2'), stock('reserved', '2')]));
    await consumer.run(batchOf([stock('committed', '3', { ms: 1 })]));
    await consumer.run(batchOf([stock('reserved', '3')]));
    await consumer.run(batchOf([stock('expired', '4'), stock('committed', '4'), stock('reserved', '4')]));
    now += 60 * minute;
    await consumer.run({ source: 'aws.events' });
    expect(mismatches(consumer.sums())).toEqual([]);
  });

  test('reports a reservation without an outcome, long after its time is over', async () => {
    await consumer.run(batchOf([stock('reserved', '1')]));
    now += 20 * minute;
    await consumer.run({ source: 'aws.events' });
    expect(consumer.sums()).toEqual({});
    now += minute;
    await Promise.all([consumer.run({ source: 'aws.events' }), consumer.run({ source: 'aws.events' })]);
    now += minute;
    await consumer.run({ source: 'aws.events' });
    expect(consumer.sums()).toMatchObject({ 'InventoryMismatches without-outcome': expect.any(Number) });
    expect(consumer.sums()['InventoryMismatches']).toBeGreaterThan(0);
  });

  test('reports items that were sold without a reservation, sold and released, or sold below zero', async () => {
    await consumer.run(
      batchOf([
        stock('committed', '1'),
        stock('reserved', '2'),
        stock('committed', '2'),
        stock('released', '2'),
        stock('reserved', '3', { available: -1 }),
        stock('released', '3'),
      ]),
    );
    now += 10 * minute;
    await consumer.run({ source: 'aws.events' });
    expect(consumer.sums()).toEqual({
      InventoryMismatches: 3,
      'InventoryMismatches negative-stock': 1,
      'InventoryMismatches two-outcomes': 1,
      'InventoryMismatches without-reservation': 1,
    });
  });

  test('reports a mismatch again that CloudWatch did not accept', async () => {
    await consumer.run(batchOf([stock('committed', '1')]));
    now += 10 * minute;
    consumer.cloudWatch.isUnavailable = true;
    await expect(consumer.run({ source: 'aws.events' })).rejects.toThrow('CloudWatch is unavailable');
    consumer.cloudWatch.isUnavailable = false;
    await consumer.run({ source: 'aws.events' });
    await consumer.run({ source: 'aws.events' });
    expect(consumer.sums()['InventoryMismatches']).toBe(1);
  });
});
