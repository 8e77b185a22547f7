import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createEvent } from '../../../runtime/events/cloud-event.ts';
import { openEventLog } from '../../../runtime/events/open-event-log.ts';
import { hasPostgres, postgresNote } from '../../../test/support/postgres.ts';
import { scratchFolder } from '../../../test/support/scratch.ts';
import { listLog, silent, testDatabases } from '../../testing/shop.ts';
import { consumeForever, type Handled } from './consumer.ts';
import { deleteOldInboxEntries, processOnce } from './inbox.ts';
import { messageTables } from './message-tables.ts';

const tables = [...messageTables, 'create table effects (subject text not null)'];
const eventOf = (id: string, subject: string) =>
  createEvent({
    id,
    source: '/services/order',
    type: 'orders.failed',
    subject,
    timeMs: 0,
    data: { orderId: subject, reason: 'x', createdAt: '2026-11-20T12:00:00.000Z' },
  });

describe.runIf(hasPostgres)(`the inbox${postgresNote}`, () => {
  const databaseOf = testDatabases();

  test('processes an event once for concurrent deliveries', async () => {
    const database = await databaseOf('orders', tables);
    const event = eventOf('e-1', 'a');
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        processOnce(database, event, async (transaction) => {
          await transaction.query("insert into effects values ('a')");
        }),
      ),
    );
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await database.query('select * from effects')).toHaveLength(1);
  });

  test('keeps no entry of an event whose effect fails, and deletes entries older than 30 days', async () => {
    const database = await databaseOf('orders', tables);
    const event = eventOf('e-1', 'a');
    await expect(processOnce(database, event, () => Promise.reject(new Error('later')))).rejects.toThrow(
      'later',
    );
    expect(await processOnce(database, event, async () => {})).toBe(true);
    await database.query("update inbox set processed_at = now() - interval '31 days'");
    await deleteOldInboxEntries(database);
    expect(await database.query('select * from inbox')).toEqual([]);
  });

  test('processes valid events in order, and moves the others to dead_letters', async () => {
    const database = await databaseOf('orders', tables);
    const log = await openEventLog(`file:${scratchFolder('events')}`, {
      clientId: 'test',
      nowMs: Date.now,
      wait: (ms) => sleep(ms),
      writeLine: () => {},
    });
    const broken = { ...eventOf('e-3', 'broken'), data: { orderId: '' } };
    await log.produce('orders.failed', [
      eventOf('e-1', 'good'),
      eventOf('e-1', 'good'),
      eventOf('e-2', 'unfit'),
      broken,
      eventOf('e-4', 'poison'),
      eventOf('e-5', 'last'),
    ]);
    let attempts = 0;
    const consumption = consumeForever(database, log, {
      group: 'order',
      topics: ['orders.failed'],
      handle: async (transaction, { subject }): Promise<Handled> => {
        if (subject === 'unfit') return { kind: 'unfit', reason: 'not mine' };
        if (subject === 'poison') {
          attempts += 1;
          throw new Error('always');
        }
        await transaction.query('insert into effects values ($1)', [subject]);
        return { kind: 'done' };
      },
      onProcessed: () => {},
      wait: (ms) => sleep(ms),
      log: silent,
    });
    const effects = async () =>
      (await database.query<{ subject: string }>('select subject from effects')).map(
        ({ subject }) => subject,
      );
    while (!(await effects()).includes('last')) await sleep(50);
    await consumption.stop();
    await log.close();
    expect(await effects()).toEqual(['good', 'last']);
    expect(attempts).toBe(5);
    const dead = await database.query<{ reason: string }>(
      'select reason from dead_letters order by record_offset::int',
    );
    expect(dead.map(({ reason }) => reason)).toEqual([
      'not mine',
      expect.stringContaining('no orders.failed: data: orderId'),
      'Error: always',
    ]);
  }, 20_000);

  test('reconnects while the event log is unavailable, until it is stopped', async () => {
    const database = await databaseOf('orders', tables);
    const waits: number[] = [];
    const consumption = consumeForever(database, listLog(), {
      group: 'order',
      topics: ['orders.failed'],
      handle: async () => ({ kind: 'done' }),
      onProcessed: () => {},
      wait: async (ms) => {
        waits.push(ms);
        await sleep(1);
      },
      log: silent,
    });
    while (waits.length < 3) await sleep(5);
    await consumption.stop();
    expect(new Set(waits)).toEqual(new Set([5_000]));
  });
});
