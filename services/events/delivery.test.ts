import { describe, expect, test } from 'vitest';
import type { StoreEvent } from '../../lambda/shared/events/envelope.ts';
import type { EventLog } from '../../lambda/shared/events/event-log.ts';
import { createDelivery } from './delivery.ts';

type Sink = Pick<EventLog, 'produce' | 'close'>;

const event = (id: string): StoreEvent => ({
  specversion: '1.0',
  id,
  source: '/services/inventory',
  type: 'inventory.updated',
  subject: 'p',
  time: '2026-11-20T12:00:00.000Z',
  datacontenttype: 'application/json',
  dataschema: 'urn:gatehouse:events:inventory.updated:1',
  partitionkey: 'p',
  data: { productId: 'p', available: 1, reserved: 0, cause: 'reserved' },
});

/** A sink that fails so many times, then keeps what it gets. */
function sinkFailing(times: number) {
  const kept: string[] = [];
  const state = { attempts: 0, closed: false };
  const sink: Sink = {
    async produce(_, events) {
      state.attempts += 1;
      if (state.attempts <= times) throw new Error('away');
      kept.push(...events.map(({ id }) => id));
    },
    async close() {
      state.closed = true;
    },
  };
  return { sink, kept, state };
}

/** Waits that a test lets pass one by one; a signal ends them as it does the real ones. */
function manualWait() {
  const waits: { readonly ms: number; readonly pass: () => void }[] = [];
  const wait = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((pass) => {
      waits.push({ ms, pass });
      if (signal?.aborted) pass();
      signal?.addEventListener('abort', () => pass());
    });
  return { waits, wait };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

function createLines() {
  const lines: string[] = [];
  return { lines, log: (_: string, message: string) => lines.push(message) };
}

describe('the delivery', () => {
  test('writes in order, and an event that comes in the meantime too', async () => {
    const { sink, kept } = sinkFailing(0);
    const events = createDelivery(sink, { log: () => {}, wait: manualWait().wait });
    for (const id of ['1', '2', '3']) events.deliver(event(id));
    await settle();
    events.deliver(event('4'));
    await settle();
    expect(kept).toEqual(['1', '2', '3', '4']);
    expect(events.counts()).toEqual({ pending: 0, written: 4, failedAttempts: 0, dropped: 0 });
  });

  test('tries again while the sink is away, ever more slowly, and loses nothing', async () => {
    const { sink, kept } = sinkFailing(7);
    const { waits, wait } = manualWait();
    const { lines, log } = createLines();
    const events = createDelivery(sink, { log, wait });
    events.deliver(event('1'));
    events.deliver(event('2'));
    for (let attempt = 0; attempt < 7; attempt += 1) {
      await settle();
      waits.at(-1)?.pass();
    }
    await settle();
    expect(waits.map(({ ms }) => ms)).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 10_000]);
    expect(kept).toEqual(['1', '2']);
    expect(events.counts()).toEqual({ pending: 0, written: 2, failedAttempts: 7, dropped: 0 });
    expect(lines).toEqual(Array.from({ length: 7 }, () => 'event log unreachable'));
  });

  test('drops new events when its buffer is full, with a line and a count', async () => {
    const { sink, kept } = sinkFailing(1);
    const { waits, wait } = manualWait();
    const { lines, log } = createLines();
    const events = createDelivery(sink, { log, wait, maxPending: 2 });
    for (const id of ['1', '2', '3']) events.deliver(event(id));
    expect(events.counts()).toMatchObject({ pending: 2, dropped: 1 });
    expect(lines).toContain('event dropped');
    await settle();
    waits[0]?.pass();
    await settle();
    expect(kept).toEqual(['1', '2']);
  });

  test('writes what is pending before it closes, with a last attempt that waits for nothing', async () => {
    const { sink, kept, state } = sinkFailing(1);
    const events = createDelivery(sink, { log: () => {}, wait: manualWait().wait });
    events.deliver(event('1'));
    await settle();
    await events.close(1_000);
    expect(kept).toEqual(['1']);
    expect(state.closed).toBe(true);
  });

  test('counts as lost what the sink does not take in the end', async () => {
    const { sink, state } = sinkFailing(Number.POSITIVE_INFINITY);
    const { lines, log } = createLines();
    const events = createDelivery(sink, { log, wait: manualWait().wait });
    events.deliver(event('1'));
    await events.close(1_000);
    expect(events.counts()).toMatchObject({ written: 0, dropped: 1 });
    expect(lines).toContain('events lost at the end');
    expect(state.closed).toBe(true);
    events.deliver(event('2'));
    expect(events.counts()).toMatchObject({ dropped: 2 });
  });

  test('closes in time beside a sink that hangs', async () => {
    const hanging: Sink = { produce: () => new Promise(() => {}), close: async () => {} };
    const { waits, wait } = manualWait();
    const events = createDelivery(hanging, { log: () => {}, wait });
    events.deliver(event('1'));
    const closed = events.close(1_000);
    expect(waits.map(({ ms }) => ms)).toEqual([1_000]);
    waits[0]?.pass();
    await closed;
    expect(events.counts()).toMatchObject({ pending: 1, dropped: 1 });
  });
});
