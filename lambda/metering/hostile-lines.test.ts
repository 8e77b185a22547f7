import { gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dynamoItemLimits } from '../../runtime/aws/dynamodb-item.ts';
import { parseEvent } from '../../runtime/events/parse-event.ts';
import { CircuitBreaker } from '../../runtime/limit-store/circuit-breaker.ts';
import { type AccessLogEvent, createAccessLogTopic } from './access-log-topic.ts';
import type { AccessRecord } from './access-record.ts';
import { createMetering } from './metering.ts';
import { lineOf, logEvent, noon } from './testing/metering-fixtures.ts';

/** The function with a meter that has DynamoDB's limits, and a log and queues in memory. */
function metering() {
  const world = {
    records: [] as AccessRecord[],
    events: [] as AccessLogEvent[],
    buried: [] as string[],
    queue: [] as string[],
    unreadable: 0,
    isLogUnavailable: false,
  };
  const run = createMetering({
    environment: 'test',
    meter: async (records) => {
      for (const { caller, month, timeMs } of records) {
        const key = `${caller} ${month} ${new Date(timeMs).toISOString()}`;
        expect(Buffer.byteLength(key)).toBeLessThanOrEqual(dynamoItemLimits.partitionKeyBytes);
        expect(JSON.stringify(key)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }
      world.records.push(...records);
      const counts = { requests: records.length, bytes: 0, bytesOut: 0 };
      return { counts, duplicates: 0, tooOld: 0, alerts: 0, chargeFailures: 0 };
    },
    topic: createAccessLogTopic({
      events: {
        produce: async (_, events) => {
          if (world.isLogUnavailable) throw new Error('unavailable');
          world.events.push(...(events as AccessLogEvent[]));
        },
      },
      breaker: new CircuitBreaker({ failuresToOpen: 1_000, cooldownMilliseconds: 0 }),
      now: () => noon,
      enqueue: async (body) => {
        world.queue.push(body);
      },
      onFailure: () => {},
    }),
    sendToDeadLetterQueue: async (body) => {
      world.buried.push(body);
    },
    log: { warn: () => {}, error: () => {} },
    writeMetrics: (line) => {
      world.unreadable += (JSON.parse(line) as { AccessLogParseErrors: number }).AccessLogParseErrors;
    },
    now: () => noon,
  });
  return { world, run };
}

const texts = fc.oneof(
  fc.constantFrom(
    '',
    '-',
    '\0',
    '\ud800',
    'x'.repeat(600),
    'x'.repeat(200_000),
    '999999999999999',
    '-1',
    '1e3',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
);
const fields = fc.constantFrom(
  'requestId',
  'timeEpochMs',
  'caller',
  'clientId',
  'userId',
  'plan',
  'monthStartDay',
  'totalBytes',
  'decision',
);
const line = fc.tuple(fields, texts).map(([name, value]) => JSON.stringify(lineOf({ [name]: value })));
const hostile = fc.oneof(
  line,
  fc.tuple(line, fc.nat(300)).map(([whole, length]) => whole.slice(0, length)),
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('', '['.repeat(100_000), '{"a":'.repeat(2_000), '{"caller":7}', 'null'),
  fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('latin1')),
);

describe('hostile lines of the access log', () => {
  test('never stop a batch: the others count, and every event of them can be parsed', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { maxLength: 6 }), async (lines) => {
        const { world, run } = metering();
        const good = [lineOf({ requestId: 'good-1' }), lineOf({ requestId: 'good-2' })];
        await run(logEvent([good[0] ?? {}, ...lines, good[1] ?? {}]));
        expect(world.records.length + world.unreadable).toBeLessThanOrEqual(lines.length + 2);
        const ids = world.events.map(({ id }) => id);
        expect(ids).toEqual(expect.arrayContaining(['good-1', 'good-2']));
        for (const event of world.events) expect(parseEvent(JSON.stringify(event)).kind).toBe('event');
      }),
      { numRuns: 300 },
    );
  });

  test('wait in the queue as events, and are drained unchanged', async () => {
    const { world, run } = metering();
    world.isLogUnavailable = true;
    await run(
      logEvent([lineOf({ caller: 'ü'.repeat(400) }), lineOf({ requestId: 'b', clientId: '\u{1f600}' })]),
    );
    world.isLogUnavailable = false;
    const Records = world.queue.map((body, index) => ({ messageId: `${index}`, body }));
    expect(await run({ Records })).toEqual({ batchItemFailures: [] });
    expect(world.events.map(({ data }) => data['clientId'])).toEqual(['acme', '\u{1f600}']);
    expect(world.buried).toEqual([]);
  });
});

describe('messages that cannot be parsed', () => {
  const zipped = (value: unknown) => gzipSync(JSON.stringify(value)).toString('base64');
  const bodies = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.anything({ maxDepth: 2 }).map((value) => JSON.stringify({ accessLog: value }) ?? ''),
    fc.anything({ maxDepth: 2 }).map((value) => JSON.stringify({ accessLog: zipped([value ?? null]) })),
    fc.anything({ maxDepth: 2 }).map((value) => JSON.stringify({ requestPayload: value ?? null })),
    fc
      .anything({ maxDepth: 2 })
      .map((value) => JSON.stringify({ requestPayload: { awslogs: { data: zipped(value ?? null) } } })),
  );

  test('are each buried once or processed, and delay no other message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(bodies, { minLength: 1, maxLength: 5 }), async (given) => {
        const { world, run } = metering();
        const good = JSON.stringify({ requestPayload: logEvent([lineOf({ requestId: 'good' })]) });
        const Records = [...given, good].map((body, index) => ({ messageId: `${index}`, body }));
        expect(await run({ Records })).toEqual({ batchItemFailures: [] });
        expect(world.events.map(({ id }) => id)).toContain('good');
        expect(world.buried.length).toBeLessThanOrEqual(given.length);
      }),
      { numRuns: 300 },
    );
  });
});
