import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { listLog, testDatabases } from '../../testing/shop.ts';
import { messageTables } from './message-tables.ts';
import { createRecordEvent } from './outbox.ts';
import { publishNext } from './relay.ts';

let ids = 0;
const recordEvent = createRecordEvent({ service: 'order', newId: () => `e-${++ids}`, nowMs: () => 0 });
const failure = (orderId: string, reason: string) => ({
  orderId,
  reason,
  createdAt: '2026-11-20T12:00:00.000Z',
});

describe.runIf(hasPostgres)(`the outbox${postgresNote}`, () => {
  const databaseOf = testDatabases();

  test('publishes committed events only', async () => {
    const [database, log] = [await databaseOf('orders', messageTables), listLog()];
    await database.transaction((transaction) =>
      recordEvent(transaction, 'orders.failed', 'a', failure('a', 'kept')),
    );
    const undone = database.transaction(async (transaction) => {
      await recordEvent(transaction, 'orders.failed', 'b', failure('b', 'undone'));
      throw new Error('no');
    });
    await expect(undone).rejects.toThrow('no');
    expect(await publishNext(database, log)).toBe(1);
    expect(await publishNext(database, log)).toBe(0);
    expect(log.events).toMatchObject([
      { type: 'orders.failed', subject: 'a', source: '/services/order', data: { reason: 'kept' } },
    ]);
  });

  test('keeps all events while the event log is unavailable', async () => {
    const [database, log] = [await databaseOf('orders', messageTables), listLog()];
    await recordEvent(database, 'orders.failed', 'a', failure('a', 'x'));
    log.fail = true;
    await expect(publishNext(database, log)).rejects.toThrow('the broker is unavailable');
    log.fail = false;
    expect(await publishNext(database, log)).toBe(1);
  });

  test('keeps the order of each key with several relays and failures', async () => {
    const database = await databaseOf('orders', messageTables);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 25 }),
        fc.array(fc.boolean(), { maxLength: 8 }),
        async (keys, failures) => {
          const log = listLog();
          for (const [index, key] of keys.entries()) {
            await recordEvent(database, 'orders.failed', key, failure(key, String(index)));
          }
          let attempt = 0;
          const relay = async () => {
            for (;;) {
              // Fails after publishing: the transaction is rolled back, and the events are published again.
              const fails = failures[attempt++] === true;
              const flaky = {
                ...log,
                produce: async (topic: string, events: Parameters<typeof log.produce>[1]) => {
                  await log.produce(topic, events);
                  if (fails) throw new Error('after');
                },
              };
              try {
                if ((await publishNext(database, flaky)) === 0) return;
              } catch {
                // The next iteration retries.
              }
            }
          };
          await Promise.all([relay(), relay(), relay()]);
          await relay();
          for (const key of new Set(keys)) {
            const reasons = log.events
              .filter(({ subject }) => subject === key)
              .map(({ data }) => Number((data as { reason: string }).reason));
            const firsts = reasons.filter((reason, index) => reasons.indexOf(reason) === index);
            const expected = keys.flatMap((other, index) => (other === key ? [index] : []));
            expect(firsts).toEqual(expected);
          }
          expect(await database.query('select 1 from outbox')).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  }, 30_000);
});
