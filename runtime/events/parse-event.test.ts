import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createEvent, type NewEvent, type ShopEvent } from './cloud-event.ts';
import type { EventType } from './event-data.ts';
import { parseEvent } from './parse-event.ts';

const total = { amount: 129_900, currency: 'EUR' };
const payment = { orderId: 'o', paymentId: 'p', ...total };
const createdAt = '2026-11-20T12:00:00.000Z';
const of = <T extends EventType>(type: T, data: NewEvent<T>['data']) =>
  createEvent({ id: 'id', source: '/services/x', type, subject: 's', timeMs: 0, data }) as ShopEvent;

const events = [
  of('orders.created', { orderId: 'o', userId: 'u', items: [{ productId: 'p', quantity: 1 }], total }),
  of('orders.payment_succeeded', payment),
  of('orders.payment_failed', { ...payment, reason: 'card_declined' }),
  of('orders.confirmed', { orderId: 'o', userId: 'u', total, createdAt }),
  of('orders.failed', { orderId: 'o', reason: 'out_of_stock', createdAt }),
  of('inventory.updated', {
    productId: 'p',
    available: 1,
    reserved: 0,
    cause: 'committed',
    reservation: { id: 'r', orderId: 'o', quantity: 1 },
  }),
  of('payments.webhook', {
    provider: 'stripe',
    eventId: 'evt_1',
    eventType: 'a.type.nobody.knows',
    receivedAt: createdAt,
    body: { id: 'evt_1', data: { object: { nested: [1, null, true] } } },
  }),
  of('gateway.access-log', { requestId: 'r', status: '200' }),
];

describe('reading an event', () => {
  test.each(events.map((event) => [event.type, event] as const))('returns %s as it was sent', (_, event) => {
    const text = JSON.stringify(event);
    expect(parseEvent(text)).toEqual({ kind: 'event', event });
    expect(parseEvent(Buffer.from(text))).toEqual({ kind: 'event', event });
  });

  test('keeps fields and attributes that were added later', () => {
    const [order] = events;
    const later = { ...order, traceparent: '00-1-1-01', data: { ...order?.data, coupon: 'x' } };
    expect(parseEvent(JSON.stringify(later))).toEqual({ kind: 'event', event: later });
  });

  test('returns another version of a type, and a foreign type, as unknown and whole', () => {
    const [order] = events;
    for (const other of [
      { ...order, dataschema: 'urn:gatehouse:events:orders.created:2', data: { is: 'other' } },
      { ...order, type: 'orders.shipped' },
      { ...order, type: 'toString' },
    ]) {
      expect(parseEvent(JSON.stringify(other))).toEqual({ kind: 'unknown', event: other });
    }
  });

  test('gives the reason why a value is not an event, without quoting values', () => {
    const [order] = events;
    const reason = (value: unknown) => {
      const parsed = parseEvent(JSON.stringify(value));
      return parsed.kind === 'invalid' ? parsed.reason : parsed.kind;
    };
    expect(reason({ ...order, id: undefined })).toMatch(/^not a CloudEvent: id: /);
    expect(reason({ ...order, specversion: '0.3' })).toMatch(/^not a CloudEvent: specversion: /);
    expect(reason({ ...order, data: { ...order?.data, total: 'secret' } })).toMatch(
      /^no orders.created: data: total: (?!.*secret)/,
    );
    expect(reason({ ...order, data: { ...order?.data, items: [] } })).toContain('items');
    expect(parseEvent('{"specversion')).toMatchObject({ kind: 'invalid' });
    expect(parseEvent(Buffer.from([0xff, 0xfe]))).toMatchObject({ kind: 'invalid' });
  });

  test('never throws, whatever the value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.uint8Array()), (value) => {
        expect(['event', 'unknown', 'invalid']).toContain(parseEvent(value).kind);
      }),
    );
  });
});
