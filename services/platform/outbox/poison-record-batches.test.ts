import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvent } from '../../../runtime/events/cloud-event.ts';
import type { ConsumeOptions, LogRecord } from '../../../runtime/events/event-log.ts';
import { hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { listLog, silent, testDatabases } from '../../testing/shop.ts';
import { consumeForever, type Handled } from './consumer.ts';
import { messageTables } from './message-tables.ts';

const tables = [...messageTables, 'create table effects (subject text not null)'];
const kinds = [
  'good',
  'poison',
  'unstorable',
  'unfit',
  'garbage',
  'nul',
  'escaped',
  'bytes',
  'deep',
] as const;
type Kind = (typeof kinds)[number];
const maxAttempts = 5;

function recordValue(kind: Kind, index: number): string | Uint8Array {
  const event = createEvent({
    id: `e-${index}`,
    source: '/services/order',
    type: 'orders.failed',
    subject: `${kind}-${index}`,
    timeMs: 0,
    data: { orderId: `${kind}-${index}`, reason: 'x', createdAt: '2026-11-20T12:00:00.000Z' },
  });
  const text = JSON.stringify(event);
  switch (kind) {
    case 'garbage':
      return '{"specversion';
    case 'nul':
      return `\0${text}`;
    case 'escaped':
      return text.replace('"reason":"x"', '"reason":"\\u0000\\ud800"');
    case 'bytes':
      return new Uint8Array([0xff, 0xfe, 0]);
    case 'deep':
      return '['.repeat(100_000);
    default:
      return text;
  }
}

describe.runIf(hasPostgres)(`records that cannot be processed${postgresNote}`, () => {
  const databaseOf = testDatabases();

  test('are each processed or moved to dead_letters once, without attempts of other records', async () => {
    const database = await databaseOf('orders', tables);
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...kinds), { minLength: 1, maxLength: 8 }),
        async (sequence) => {
          runs += 1;
          await database.query('delete from effects');
          await database.query('delete from dead_letters');
          await database.query('delete from inbox');
          const attempts = new Map<string, number>();
          let options: ConsumeOptions | undefined;
          const consumption = consumeForever(
            database,
            {
              ...listLog(),
              consume: async (given) => {
                options = given;
                return { stop: async () => {} };
              },
            },
            {
              group: 'order',
              topics: ['orders.failed'],
              handle: async (transaction, { subject }): Promise<Handled> => {
                attempts.set(subject, (attempts.get(subject) ?? 0) + 1);
                if (subject.startsWith('unfit')) return { kind: 'unfit', reason: 'not mine' };
                if (subject.startsWith('poison')) throw new Error('always');
                const effect = subject.startsWith('unstorable') ? 'a\0b' : subject;
                await transaction.query('insert into effects values ($1)', [effect]);
                return { kind: 'done' };
              },
              onProcessed: () => {},
              wait: async () => {},
              log: silent,
            },
          );
          await Promise.resolve();
          const records = sequence.map(
            (kind, index): LogRecord => ({
              topic: 'orders.failed',
              partition: 0,
              offset: `${index}`,
              key: null,
              value: recordValue(kind, index),
              timestampMs: null,
            }),
          );
          const signal = new AbortController().signal;
          let deliveries = 1;
          while (
            !(await isTaken(options?.onBatch({ topic: 'orders.failed', partition: 0, records }, signal)))
          ) {
            deliveries += 1;
          }
          await consumption.stop();

          const named = (kind: Kind) =>
            sequence.flatMap((each, index) => (each === kind ? [`${kind}-${index}`] : []));
          const poisons = named('poison');
          expect(deliveries).toBe(1 + poisons.length * (maxAttempts - 1));
          for (const subject of poisons) expect(attempts.get(subject)).toBe(maxAttempts);
          for (const subject of [...named('good'), ...named('unfit'), ...named('unstorable')]) {
            expect(attempts.get(subject)).toBe(1);
          }
          const effects = await database.query<{ subject: string }>('select subject from effects');
          expect(effects.map(({ subject }) => subject).sort()).toEqual(named('good').sort());
          const dead = await database.query<{ record_offset: string }>(
            'select record_offset from dead_letters',
          );
          const expected = sequence.flatMap((kind, index) => (kind === 'good' ? [] : [`${index}`]));
          expect(dead.map((row) => row.record_offset).sort()).toEqual(expected.sort());
        },
      ),
      { numRuns: 12, examples: [[['poison', 'poison', 'poison', 'good', 'poison']]] },
    );
    expect(runs).toBeGreaterThan(0);
  });
});

async function isTaken(batch: Promise<void> | undefined): Promise<boolean> {
  return await (batch ?? Promise.reject(new Error('the consumer has not started'))).then(
    () => true,
    () => false,
  );
}
