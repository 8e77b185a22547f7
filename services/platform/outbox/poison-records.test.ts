import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvent } from '../../../runtime/events/cloud-event.ts';
import type { ConsumeOptions, EventLog, LogRecord } from '../../../runtime/events/event-log.ts';
import { hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { listLog, silent, testDatabases } from '../../testing/shop.ts';
import type { Database } from '../database/database.ts';
import { UnavailableError } from '../unavailable.ts';
import { consumeForever, type Handled } from './consumer.ts';
import { messageTables } from './message-tables.ts';

const tables = [...messageTables, 'create table effects (subject text not null)'];

const eventOf = (id: string, subject = 'good', more: object = {}) =>
  JSON.stringify({
    ...createEvent({
      id,
      source: '/services/order',
      type: 'orders.failed',
      subject,
      timeMs: 0,
      data: { orderId: 'o', reason: 'x', createdAt: '2026-11-20T12:00:00.000Z' },
    }),
    ...more,
  });

/** Delivers one batch until it is processed, as the event logs do, and counts the deliveries. */
function repeatingLog(records: readonly LogRecord[]): {
  readonly log: EventLog;
  readonly taken: Promise<number>;
} {
  let resolve: (batches: number) => void = () => {};
  const taken = new Promise<number>((settled) => {
    resolve = settled;
  });
  const consume = async ({ onBatch }: ConsumeOptions) => {
    void (async () => {
      for (let batches = 1; batches < 1_000; batches += 1) {
        const isTaken = await onBatch(
          { topic: 't', partition: 0, records },
          new AbortController().signal,
        ).then(
          () => true,
          () => false,
        );
        if (isTaken) return resolve(batches);
      }
      return resolve(Number.POSITIVE_INFINITY);
    })();
    return { stop: async () => {} };
  };
  return { log: { ...listLog(), consume }, taken };
}

const recordsOf = (values: readonly (string | Uint8Array)[]): LogRecord[] =>
  values.map((value, index) => {
    const bytes = Buffer.from(value);
    return {
      topic: 't',
      partition: 0,
      offset: String(index),
      key: bytes.toString('utf8'),
      value: bytes.toString('utf8'),
      timestampMs: null,
      raw: { key: bytes, value: bytes, headers: [['h', bytes]] },
    };
  });

describe.runIf(hasPostgres)(`a record that cannot be processed${postgresNote}`, () => {
  const databaseOf = testDatabases();
  const consume = async (
    database: Database,
    values: readonly (string | Uint8Array)[],
    fail: (subject: string) => void = () => {},
  ) => {
    const { log, taken } = repeatingLog(recordsOf(values));
    const consumption = consumeForever(database, log, {
      group: 'order',
      topics: ['orders.failed'],
      handle: async (transaction, { subject }): Promise<Handled> => {
        fail(subject);
        await transaction.query('insert into effects values ($1)', [subject]);
        return { kind: 'done' };
      },
      onProcessed: () => {},
      wait: async () => {},
      log: silent,
    });
    const batches = await taken;
    await consumption.stop();
    return batches;
  };
  const effects = async (database: Database) =>
    (await database.query<{ subject: string }>('select subject from effects')).map(({ subject }) => subject);

  test('never blocks its partition, and is stored byte for byte', async () => {
    const database = await databaseOf('orders', tables);
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\0', 'a\0b', '\ud800', '\udc00x', '\u0007', 'x'.repeat(5_000), ''),
    );
    const hostile = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      text.map((value) => Buffer.from(value)),
      fc
        .record(
          { id: text, source: text, subject: text, partitionkey: text, type: text },
          { requiredKeys: [] },
        )
        .map((attributes) => eventOf('poison', 'bad', attributes)),
      fc.json(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 6 }), async (values) => {
        await database.query('truncate inbox, dead_letters, effects');
        const batches = await consume(database, [...values, eventOf('last', 'last')]);
        expect(batches).toBe(1);
        expect(await effects(database)).toContain('last');
        const kept = await database.query<{ place: number; key: Buffer; value: Buffer; headers: Buffer }>(
          `select record_offset::int as place, record_key as key, record_value as value, record_headers as headers
           from dead_letters`,
        );
        for (const { place, key, value, headers } of kept) {
          const bytes = Buffer.from(values[place] ?? '');
          expect([value.equals(bytes), key.equals(bytes)]).toEqual([true, true]);
          expect(JSON.parse(headers.toString())).toEqual([['h', bytes.toString('base64')]]);
        }
      }),
      { numRuns: 30 },
    );
  }, 60_000);

  test('uses its own attempts only, and none of other records', async () => {
    const database = await databaseOf('orders', tables);
    const attempts = new Map<string, number>();
    const poison = ['p1', 'p2', 'p3'];
    const values = [...poison, 'good'].map((subject) => eventOf(subject, subject));
    await consume(database, values, (subject) => {
      attempts.set(subject, (attempts.get(subject) ?? 0) + 1);
      if (poison.includes(subject)) throw new Error('always');
    });
    expect(Object.fromEntries(attempts)).toEqual({ p1: 5, p2: 5, p3: 5, good: 1 });
    expect(await effects(database)).toEqual(['good']);
  });

  test('with invalid data moves to dead_letters at its first attempt', async () => {
    const database = await databaseOf('orders', tables);
    const fault = Object.assign(new Error('invalid byte sequence'), { code: '22021' });
    const batches = await consume(database, [eventOf('a', 'bad'), eventOf('b')], (subject) => {
      if (subject === 'bad') throw fault;
    });
    expect(batches).toBe(1);
    expect(await database.query('select reason from dead_letters')).toEqual([{ reason: String(fault) }]);
  });

  test('is retried without limit while a dependency is unavailable', async () => {
    const database = await databaseOf('orders', tables);
    let left = 20;
    const batches = await consume(database, [eventOf('a')], () => {
      left -= 1;
      if (left >= 0) throw new UnavailableError('the database is unavailable');
    });
    expect(batches).toBe(21);
    expect(await database.query('select 1 from dead_letters')).toEqual([]);
    expect(await effects(database)).toEqual(['good']);
  });
});
