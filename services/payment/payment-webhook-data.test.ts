import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvent, type ShopEvent } from '../../runtime/events/cloud-event.ts';
import type { LogRecord } from '../../runtime/events/event-log.ts';
import { stripeSample } from '../../runtime/webhooks/webhook-samples.ts';
import { hasPostgres, postgresNote } from '../../test/support/postgres.ts';
import type { Database } from '../platform/database/database.ts';
import { retryEarlyRecord } from '../platform/outbox/consumer.ts';
import { createRecordEvent } from '../platform/outbox/outbox.ts';
import { parkEarly } from '../platform/outbox/parked-events.ts';
import { silent, testDatabases } from '../testing/shop.ts';
import { insertPayment, paymentOfOrder, paymentTables, setIntent } from './payment-store.ts';
import { readPaymentWebhook } from './payment-webhook-data.ts';
import { handleWebhook } from './payments.ts';

const types = ['payment_intent.succeeded', 'payment_intent.payment_failed', 'payment_intent.canceled'];
const recordEvent = createRecordEvent({ service: 'payment', newId: () => 'e', nowMs: () => 0 });
const paid = { intentId: 'pi_1', amount: 5_000, currency: 'eur' };
type Body = Readonly<Record<string, unknown>>;

const bodyOf = (type: string, changes: Readonly<Record<string, unknown>> = {}): Body => {
  const body = stripeSample(type, { eventId: 'evt_1', orderId: 'o-1', now: 0, payment: paid }) as {
    data: { object: object };
  };
  return { ...body, data: { object: { ...body.data.object, ...changes } } };
};
const eventOf = (eventType: string, body: Body): ShopEvent =>
  createEvent({
    id: 'evt_1',
    source: '/webhooks/stripe',
    type: 'payments.webhook',
    subject: 'pi_1',
    timeMs: 0,
    data: { provider: 'stripe', eventId: 'evt_1', eventType, receivedAt: '2026-11-20T12:00:00.000Z', body },
  }) as ShopEvent;

test('reads any body without throwing', () => {
  const value = fc.anything({ withNullPrototype: true });
  const object = fc.dictionary(
    fc.constantFrom(
      'id',
      'amount',
      'amount_received',
      'currency',
      'status',
      'livemode',
      'metadata',
      'last_payment_error',
    ),
    fc.oneof(value, fc.constantFrom('pi_1', 5_000, 'eur', false, '__proto__', '\0')),
  );
  const type = fc.constantFrom(...types, 'charge.refunded', '__proto__', 'constructor', '');
  fc.assert(
    fc.property(
      type,
      fc.oneof(
        value,
        object.map((found) => ({ data: { object: found } })),
      ),
      (eventType, body) => {
        expect(['intent', 'refund', 'other', 'faulty']).toContain(readPaymentWebhook(eventType, body).kind);
      },
    ),
  );
});

describe.runIf(hasPostgres)(`a payment webhook${postgresNote}`, () => {
  const databaseOf = testDatabases();
  const open = async (hasIntent = true): Promise<Database> => {
    const database = await databaseOf('payments', paymentTables);
    await pay(database, hasIntent);
    return database;
  };
  const pay = async (database: Database, hasIntent: boolean) => {
    await insertPayment(database, {
      id: 'p-1',
      orderId: 'o-1',
      userId: 'u',
      status: 'pending',
      amount: { amount: 5_000, currency: 'EUR' },
      method: 'card',
      createdAt: '2026-11-20T12:00:00.000Z',
    });
    if (hasIntent) await setIntent(database, 'p-1', { id: 'pi_1', clientSecret: 's' });
  };
  const handle = (database: Database, type: string, body: Body, livemode = false) =>
    database.transaction((transaction) =>
      handleWebhook(transaction, eventOf(type, body), { recordEvent, livemode }),
    );
  const statusOf = async (database: Database) => (await paymentOfOrder(database, 'o-1'))?.status;

  test.each([
    ['payment_intent.succeeded', 'succeeded'],
    ['payment_intent.payment_failed', 'failed'],
    ['payment_intent.canceled', 'canceled'],
  ])('updates its payment if all fields agree: %s', async (type, status) => {
    const database = await open();
    expect(await handle(database, type, bodyOf(type))).toEqual({ kind: 'done' });
    expect(await statusOf(database)).toBe(status);
  });

  const differing: readonly (readonly [field: string, values: readonly unknown[]])[] = [
    ['id', ['pi_2', '', null, 7, undefined, ['pi_1'], 'pi_1\0']],
    ['amount', [4_999, 5_000.5, -5_000, '5000', null, undefined]],
    ['amount_received', [4_999, 1, '5000', null]],
    ['currency', ['usd', 'EUR', 7, null, undefined]],
    ['status', ['processing', 'requires_capture', '', null, undefined]],
    ['livemode', [true, 'false', null, undefined]],
    ['metadata', [{ order_id: 'o-2' }]],
  ];
  test.each(types)('is unfit and changes nothing if one field differs: %s', async (type) => {
    const database = await open();
    for (const [field, values] of differing) {
      for (const value of values) {
        const outcome = await handle(database, type, bodyOf(type, { [field]: value }));
        expect([field, value, outcome.kind]).toEqual([field, value, 'unfit']);
      }
    }
    expect(await statusOf(database)).toBe('pending');
    expect(await handle(database, type, bodyOf(type), true)).toMatchObject({ kind: 'unfit' });
    expect(await database.query('select 1 from outbox')).toEqual([]);
  });

  test('is unfit if it reports a success without the amount received', async () => {
    const database = await open();
    const type = 'payment_intent.succeeded';
    expect(await handle(database, type, bodyOf(type, { amount_received: undefined }))).toMatchObject({
      kind: 'unfit',
    });
  });

  test('of a refund is processed only if the service has refunded the whole payment', async () => {
    const database = await open();
    const refund = (changes: object = {}) =>
      bodyOf('charge.refunded', { payment_intent: 'pi_1', amount_refunded: 5_000, ...changes });
    expect(await handle(database, 'charge.refunded', refund())).toMatchObject({ kind: 'early' });
    await database.query("update payments set status = 'refunded'");
    expect(await handle(database, 'charge.refunded', refund())).toEqual({ kind: 'done' });
    for (const changes of [
      { amount_refunded: 1 },
      { currency: 'usd' },
      { livemode: true },
      { livemode: 1 },
    ]) {
      expect(await handle(database, 'charge.refunded', refund(changes))).toMatchObject({ kind: 'unfit' });
    }
  });

  test('that arrives before its payment is parked, and updates the payment later', async () => {
    const database = await databaseOf('payments', paymentTables);
    const type = 'payment_intent.succeeded';
    const record: LogRecord = {
      topic: 'payments.webhook',
      partition: 0,
      offset: '7',
      key: 'pi_1',
      value: JSON.stringify(eventOf(type, bodyOf(type))),
      timestampMs: null,
    };
    const options = {
      handle: (transaction: Parameters<typeof handleWebhook>[0], event: ShopEvent) =>
        handleWebhook(transaction, event, { recordEvent, livemode: false }),
      log: silent,
    };
    const makeDue = () => database.query('update early_records set next_try_at = now()');
    await parkEarly(database, record);
    expect(await retryEarlyRecord(database, options)).toBe(0);
    for (const hasIntent of [false, true]) {
      await makeDue();
      expect(await retryEarlyRecord(database, options)).toBe(1);
      expect(await database.query('select 1 from inbox')).toEqual([]);
      await pay(database, hasIntent);
    }
    // Scheduled before the clock was set back.
    await database.query("update early_records set next_try_at = now() + interval '1 hour'");
    expect(await retryEarlyRecord(database, options)).toBe(1);
    expect(await statusOf(database)).toBe('succeeded');
    expect(await database.query('select 1 from early_records')).toEqual([]);
  });

  test('whose payment never arrives ends in dead_letters and is reported', async () => {
    const database = await databaseOf('payments', paymentTables);
    const type = 'payment_intent.succeeded';
    const value = JSON.stringify(eventOf(type, bodyOf(type)));
    const reported: string[] = [];
    await parkEarly(database, { topic: 't', partition: 0, offset: '1', key: null, value, timestampMs: null });
    let tries = 0;
    for (; tries < 100 && reported.length === 0; tries += 1) {
      await database.query('update early_records set next_try_at = now()');
      await retryEarlyRecord(database, {
        handle: (transaction, event) => handleWebhook(transaction, event, { recordEvent, livemode: false }),
        log: silent,
        reportManualIntervention: (message) => void reported.push(message),
      });
    }
    expect([tries < 60, reported]).toEqual([true, ['event not processed, kept in dead_letters']]);
    expect(await database.query('select 1 from early_records')).toEqual([]);
  });
});
