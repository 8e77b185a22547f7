import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dynamoItemLimits } from '../../runtime/aws/dynamodb-item.ts';
import { maxLengths } from '../../runtime/events/event-data.ts';
import { createBusinessEvents } from './business-events.ts';
import type { BusinessState } from './business-state.ts';
import { factsOf } from './facts.ts';
import type { MetricDatum } from './metric-data.ts';
import { batchOf, memoryState, noon, order, stock } from './testing/business-event-fixtures.ts';

/**
 * The function with a state in memory that has DynamoDB's limits, and the calls to CloudWatch and the queue.
 */
function consumer(state: BusinessState = memoryState()) {
  const calls: MetricDatum[][] = [];
  const buried: { readonly offset: number; readonly reason: string }[] = [];
  const run = createBusinessEvents({
    environment: 'test',
    state,
    putMetrics: async (data) => {
      // When CloudWatch refuses one value, it refuses the whole call.
      for (const { Dimensions, Values } of data) {
        for (const { Value = '' } of Dimensions) expect(Value).toMatch(/^[\x21-\x7e][\x20-\x7e]{0,1023}$/);
        for (const value of Values) expect(Number.isSafeInteger(value)).toBe(true);
      }
      calls.push(data);
    },
    sendToDeadLetterQueue: async (message) => {
      buried.push(JSON.parse(message) as (typeof buried)[number]);
    },
    onFailure: 'report',
    log: { warn: () => {}, error: () => {} },
    now: () => noon,
  });
  const createdOrders = () =>
    calls
      .flat()
      .filter(({ MetricName }) => MetricName === 'OrdersCreated')
      .reduce((sum, { Counts }) => sum + Counts.reduce((total, count) => total + count, 0), 0);
  return { run, buried, createdOrders };
}

const json = (value: unknown) => JSON.stringify(value) ?? '';
const texts = fc.oneof(
  fc.constantFrom(
    '',
    '\0',
    'a\0b',
    '\ud800',
    '\udfff',
    '-',
    'x'.repeat(129),
    'x'.repeat(70_000),
    '\u{1f600}'.repeat(64),
  ),
  fc.string({ unit: 'binary', maxLength: 40 }),
);
const values = fc.oneof(texts, fc.constantFrom(1e308, -1, 2 ** 60, null, true), fc.anything({ maxDepth: 2 }));

function replaceAt<T extends object>(event: T, path: readonly string[], value: unknown): T {
  const [name = '', ...rest] = path;
  const inner = (event as Record<string, unknown>)[name];
  return { ...event, [name]: rest.length === 0 ? value : replaceAt(Object(inner) as object, rest, value) };
}

const paths: readonly (readonly string[])[] = [
  ...['id', 'source', 'subject', 'time', 'partitionkey', 'dataschema', 'type', 'data'].map((name) => [name]),
  ...['orderId', 'userId', 'total', 'items', 'reason', 'productId', 'reservation', 'available'].map(
    (name) => ['data', name],
  ),
  ['data', 'total', 'currency'],
  ['data', 'total', 'amount'],
  ['data', 'reservation', 'id'],
];
const eventWithReplacedValue = fc
  .tuple(fc.constantFrom('created', 'declined', 'confirmed', 'stock'), fc.constantFrom(...paths), values)
  .map(([kind, path, value]) => {
    const event = kind === 'stock' ? stock('reserved', 'r') : order('bent')[kind]();
    return json(replaceAt(event, path, value));
  });
const hostile = fc.oneof(
  { weight: 4, arbitrary: eventWithReplacedValue },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.uint8Array().map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('', 'null', '[]', '['.repeat(100_000), '{"a":'.repeat(5_000), undefined),
  },
);

describe('a batch with hostile records', () => {
  test('counts or buries each record once, and counts those beside it, however often the batch is delivered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { maxLength: 6 }), async (records) => {
        const { run, buried, createdOrders } = consumer();
        const given = batchOf([
          order('first').created(),
          ...records.map((each) => each ?? ''),
          order('last').created(),
        ]);
        const ofPartition = given.records['topic-0'] ?? [];
        const batch = {
          records: {
            'topic-0': ofPartition.map((record, index) => {
              const bytes = records[index - 1];
              if (index === 0 || index > records.length) return record;
              if (bytes === undefined) return { offset: record.offset };
              return { ...record, value: Buffer.from(bytes as string).toString('base64') };
            }),
          },
        };
        expect(await run(batch)).toEqual({ batchItemFailures: [] });
        const [orders, graves] = [createdOrders(), buried.map(({ offset }) => offset)];
        expect(orders).toBeGreaterThanOrEqual(2);
        expect(new Set(graves).size).toBe(graves.length);
        expect(graves).not.toContain(0);
        expect(await run(batch)).toEqual({ batchItemFailures: [] });
        expect(createdOrders()).toBe(orders);
        expect(buried).toHaveLength(graves.length);
      }),
      { numRuns: 300 },
    );
  });

  test('buries an event whose item its table refuses, and counts the others', async () => {
    const state = memoryState();
    const { run, buried, createdOrders } = consumer({
      ...state,
      enter: async (fact) =>
        await state.enter({ ...fact, about: fact.about === 'order:full' ? 'x'.repeat(3_000) : fact.about }),
    });
    const batch = batchOf([order('a').created(), order('full').created(), order('b').created()]);
    expect(await run(batch)).toEqual({ batchItemFailures: [] });
    expect(createdOrders()).toBe(2);
    expect(buried).toMatchObject([{ offset: 1, reason: expect.stringContaining('InvalidItemError') }]);
  });

  test('retries what the dead-letter queue did not accept, and then buries it once', async () => {
    let isUnavailable = true;
    const buried: string[] = [];
    const run = createBusinessEvents({
      environment: 'test',
      state: memoryState(),
      putMetrics: async () => {},
      sendToDeadLetterQueue: async (message) => {
        if (isUnavailable) throw new Error('unavailable');
        buried.push(message);
      },
      onFailure: 'report',
      log: { warn: () => {}, error: () => {} },
      now: () => noon,
    });
    const batch = batchOf(['no JSON']);
    expect(await run(batch)).toMatchObject({ batchItemFailures: [{ itemIdentifier: { offset: 0 } }] });
    isUnavailable = false;
    for (let time = 0; time < 3; time += 1) expect(await run(batch)).toEqual({ batchItemFailures: [] });
    expect(buried).toHaveLength(1);
  });
});

describe('the bounds of events', () => {
  test("keep every key of the state within DynamoDB's limits", () => {
    const longest = '\u{ffff}'.repeat(maxLengths.id);
    const event = stock('reserved', longest);
    const facts = factsOf({
      ...event,
      id: '\u{ffff}'.repeat(maxLengths.eventId),
      data: { ...event.data, productId: longest, available: -1 },
    });
    expect(facts).toHaveLength(2);
    for (const { about } of facts) {
      expect(Buffer.byteLength(about)).toBeLessThanOrEqual(dynamoItemLimits.sortKeyBytes);
    }
  });
});
