import * as fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import type { LogRecord } from '../../../../runtime/events/event-log.ts';
import type { InvocationResult } from '../lambda/runtime-api.ts';
import { type Condition, deliverRecords } from './deliver-records.ts';
import { compileFilter } from './filter.ts';
import type { TopicMapping } from './mapping-resources.ts';

const mapping: TopicMapping = {
  kind: 'topic',
  id: 'test.Mapping',
  functionName: 'test.Function',
  topic: 'orders',
  group: 'group',
  from: 'earliest',
  sourceArn: null,
  batchSize: 100,
  filters: [],
  reportsItemFailures: true,
  maxRetries: 2,
  maxAgeMilliseconds: Infinity,
  bisects: false,
  onFailure: null,
};
const now = 1_700_000_000_000;
const record = (offset: number, value: object | string = { n: offset }): LogRecord => ({
  topic: 'orders',
  partition: 3,
  offset: String(offset),
  key: `k${offset}`,
  value: typeof value === 'string' ? value : JSON.stringify(value),
  timestampMs: now - 1_000 * offset,
});
const records = (count: number) => Array.from({ length: count }, (_, offset) => record(offset));

interface KafkaEvent {
  readonly records: Readonly<Record<string, readonly { readonly offset: number; readonly value: string }[]>>;
}

let calls: number[][];
let events: unknown[];
let pauses: number[];
let givenUp: { offsets: number[]; condition: Condition; attempts: number }[];
beforeEach(() => {
  [calls, events, pauses, givenUp] = [[], [], [], []];
});

/** @param answer returns the result of the function for the offsets of an event. */
const deliver = (
  given: readonly LogRecord[],
  more: Partial<TopicMapping>,
  answer: (offsets: readonly number[]) => InvocationResult,
  signal = new AbortController().signal,
) =>
  deliverRecords(
    given,
    { ...mapping, ...more },
    {
      invoke: (event) => {
        events.push(event);
        const offsets = Object.values((event as KafkaEvent).records).flatMap((each) =>
          each.map(({ offset }) => offset),
        );
        calls.push(offsets);
        return Promise.resolve(answer(offsets));
      },
      now: () => now,
      wait: (milliseconds) => {
        pauses.push(milliseconds);
        return Promise.resolve();
      },
      giveUp: (lost, condition, attempts) => {
        givenUp.push({ offsets: lost.map(({ offset }) => Number(offset)), condition, attempts });
        return Promise.resolve();
      },
    },
    signal,
  );
const success: InvocationResult = { ok: true, payload: null };
const failure: InvocationResult = { ok: false, error: 'Error: no' };
const failedAt = (...offsets: readonly number[]): InvocationResult => ({
  ok: true,
  payload: {
    batchItemFailures: offsets.map((offset) => ({ itemIdentifier: { partition: 'orders-3', offset } })),
  },
});

test('the event has the format of MSK', async () => {
  await deliver([record(7)], { sourceArn: 'arn:aws:kafka:cluster' }, () => success);
  expect(events).toEqual([
    {
      eventSource: 'aws:kafka',
      eventSourceArn: 'arn:aws:kafka:cluster',
      bootstrapServers: 'local',
      records: {
        'orders-3': [
          {
            topic: 'orders',
            partition: 3,
            offset: 7,
            timestamp: now - 7_000,
            timestampType: 'CREATE_TIME',
            key: Buffer.from('k7').toString('base64'),
            value: Buffer.from('{"n":7}').toString('base64'),
            headers: [],
          },
        ],
      },
    },
  ]);
});

test('the function does not receive records that match no filter', async () => {
  const filters = [compileFilter('{"value":{"n":[{"numeric":[">",1]}]}}'), compileFilter('{"key":["k0"]}')];
  await deliver([...records(4), record(4, 'no JSON')], { filters }, () => success);
  expect(calls).toEqual([[0, 2, 3]]);
  await deliver([record(1)], { filters }, () => success);
  expect(calls).toHaveLength(1);
});

test('a failing batch is retried with increasing pauses, then given up', async () => {
  await deliver(records(2), {}, () => failure);
  expect(calls).toEqual([
    [0, 1],
    [0, 1],
    [0, 1],
  ]);
  expect(pauses).toEqual([200, 400]);
  expect(givenUp).toEqual([{ offsets: [0, 1], condition: 'RetryAttemptsExhausted', attempts: 3 }]);
});

test('reported failures are retried from the first failed record on', async () => {
  let failed = false;
  await deliver(records(5), {}, (offsets) => {
    if (failed) return success;
    failed = true;
    expect(offsets).toEqual([0, 1, 2, 3, 4]);
    return failedAt(4, 2);
  });
  expect(calls.slice(1)).toEqual([[2, 3, 4]]);
  expect(givenUp).toEqual([]);
});

test.each([
  [{ batchItemFailures: [{ itemIdentifier: '' }] }],
  [{ batchItemFailures: 'all' }],
  [{ batchItemFailures: [{ itemIdentifier: { partition: 'orders-3', offset: 99 } }] }],
])('the response %j makes the whole batch fail', async (payload) => {
  await deliver(records(2), { maxRetries: 0 }, () => ({ ok: true, payload }));
  expect(givenUp).toMatchObject([{ offsets: [0, 1] }]);
});

test('reported failures are ignored when the mapping does not enable them', async () => {
  await deliver(records(2), { reportsItemFailures: false }, () => failedAt(0));
  expect(calls).toHaveLength(1);
});

test('records over the maximum age are given up without an invocation', async () => {
  await deliver(records(4), { maxAgeMilliseconds: 1_500 }, () => success);
  expect(calls).toEqual([[0, 1]]);
  expect(givenUp).toEqual([{ offsets: [2, 3], condition: 'RecordAgeExceeded', attempts: 0 }]);
});

test('an abort leaves the remaining records for the next delivery', async () => {
  const end = new AbortController();
  const delivery = deliver(
    records(2),
    { maxRetries: Infinity },
    () => {
      end.abort();
      return failure;
    },
    end.signal,
  );
  await expect(delivery).rejects.toThrow('aborted');
  expect(calls).toHaveLength(1);
});

test('large batches are split into events below the payload limit', async () => {
  const large = Array.from({ length: 9 }, (_, offset) => record(offset, 'x'.repeat(1_000_000)));
  await deliver(large, {}, () => success);
  expect(calls.map(({ length }) => length)).toEqual([4, 4, 1]);
});

describe('with bisection', () => {
  test('only the poison records are given up; all others arrive once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.uniqueArray(fc.nat(39), { maxLength: 6 }),
        fc.boolean(),
        async (count, poison, reports) => {
          [calls, givenUp] = [[], []];
          const arrived: number[] = [];
          await deliver(records(count), { bisects: true, reportsItemFailures: reports }, (offsets) => {
            const bad = offsets.findIndex((offset) => poison.includes(offset));
            if (bad < 0) arrived.push(...offsets);
            else if (reports) arrived.push(...offsets.slice(0, bad));
            if (bad < 0) return success;
            return reports ? failedAt(offsets[bad] ?? -1) : failure;
          });
          const all = Array.from({ length: count }, (_, offset) => offset);
          expect(arrived).toEqual(all.filter((offset) => !poison.includes(offset)));
          expect(givenUp.flatMap(({ offsets }) => offsets)).toEqual(
            all.filter((offset) => poison.includes(offset)),
          );
        },
      ),
    );
  });
});
