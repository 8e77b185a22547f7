import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEvent } from '../../runtime/events/cloud-event.ts';
import { hasPostgres, postgresNote } from '../support/postgres.ts';
import { openShop, type Shop, type Task } from '../support/shop-processes.ts';

/** Orders while the processes that handle them are killed. Every order reaches a correct final state. */
describe.runIf(hasPostgres)(`orders under process faults${postgresNote}`, () => {
  let shop: Shop;
  let order: Task;
  beforeAll(async () => {
    shop = await openShop();
    order = await shop.start('order');
  }, 60_000);
  afterAll(() => shop?.close());

  const statusOf = async (id: string) => {
    const { rows } = await shop.database.query('select status from orders.orders where id = $1', [id]);
    return (rows[0] as { status: string } | undefined)?.status;
  };
  const isReserved = async (id: string) => {
    const { rows } = await shop.database.query(
      "select 1 from orders.orders where id = $1 and status = 'reserved' and payment is not null",
      [id],
    );
    return rows.length > 0;
  };
  const restart = async () => {
    await order.ended;
    shop.tap = () => 'pass';
    order = await shop.start('order');
    await shop.hurry();
  };
  let webhooks = 0;

  const confirming = ['PUT /internal/reservations', 'PUT /internal/payments', 'commit'];
  const failing = ['cancel', 'DELETE /internal/reservations'];
  test.each(
    [...confirming, ...failing].flatMap((call) => [[call, 'before'] as const, [call, 'after'] as const]),
  )(
    'are continued by the next process if one is killed at %s, %s it takes effect',
    async (call, moment) => {
      let kills = 0;
      let isRestarted = false;
      shop.tap = (request) => {
        if (kills > 0 || !request.includes(call)) return 'pass';
        kills += 1;
        return moment === 'before' ? { before: () => order.kill() } : { after: () => order.kill() };
      };
      const id = await shop.place(order, 'eve', `${call} ${moment}`);
      const settle = async (condition: () => Promise<boolean>) => {
        await shop.until(
          `${id} continues or its process is killed`,
          async () => (kills > 0 && !isRestarted) || (await condition()),
        );
        if (kills > 0 && !isRestarted) {
          isRestarted = true;
          await restart();
          await shop.until(`${id} continues after the restart`, condition);
        }
      };
      await settle(() => isReserved(id));
      const pays = confirming.includes(call);
      const type = pays ? 'payment_intent.succeeded' : 'payment_intent.payment_failed';
      await shop.webhook(id, type, `evt_fault_${++webhooks}`);
      await settle(async () => (await statusOf(id)) === (pays ? 'confirmed' : 'released'));
      expect(kills).toBe(1);
    },
    60_000,
  );

  test('are neither lost nor duplicated while processes are killed', async () => {
    const count = 40;
    /** After this many kills the shop can finish. */
    const maxKills = 9;
    const over = new AbortController();
    const tasks = [order, await shop.start('order')];
    let payment = await shop.start('payment');
    let kills = 0;
    /** Kills one process after the other, at any point of their work. */
    const killing = (async () => {
      while (!over.signal.aborted && kills < maxKills) {
        await new Promise((resolve) => setTimeout(resolve, 250));
        const victim = kills % 3;
        kills += 1;
        if (victim === 2) {
          payment.kill();
          await payment.ended;
          payment = await shop.start('payment');
        } else {
          tasks[victim]?.kill();
          await tasks[victim]?.ended;
          tasks[victim] = await shop.start('order');
        }
        await shop.hurry();
      }
    })();
    /** Repeats a call with the same idempotency key until it is answered, like a shopper's app. */
    const place = async (index: number): Promise<string> => {
      for (let attempt = 0; ; attempt += 1) {
        const task = tasks[(index + attempt) % 2];
        try {
          if (task !== undefined) return await shop.place(task, 'mallory', `flood ${index}`, 'aurora-12');
        } catch {
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    };
    const ids = await Promise.all(Array.from({ length: count }, (_, index) => place(index)));
    expect(new Set(ids).size).toBe(count);
    await shop.until('all are reserved', async () => (await Promise.all(ids.map(isReserved))).every(Boolean));
    for (const [index, id] of ids.entries()) {
      // Three of four buyers pay. Every webhook arrives twice, some of them after one with the opposite outcome.
      if (index % 4 === 0) await shop.webhook(id, 'payment_intent.payment_failed', `evt_failed_${index}`);
      if (index % 4 !== 0 || index % 8 === 0) {
        await shop.webhook(id, 'payment_intent.succeeded', `evt_paid_${index}`);
        await shop.webhook(id, 'payment_intent.succeeded', `evt_paid_${index}`);
        await shop.webhook(id, 'payment_intent.payment_failed', `evt_late_${index}`);
      }
    }
    await shop.until('every order is confirmed or released', async () => {
      const states = await Promise.all(ids.map(statusOf));
      return states.every((status) => status === 'confirmed' || status === 'released');
    });
    over.abort();
    await killing;
    order = tasks[0] ?? order;
    tasks[1]?.kill();
    await shop.until('every event is published', async () => {
      const { rows } = await shop.database.query(
        'select 1 from orders.outbox union all select 1 from payments.outbox',
      );
      return rows.length === 0;
    });

    const { rows } = await shop.database.query(
      "select id, status from orders.orders where user_id = 'mallory'",
    );
    const orders = rows as { id: string; status: string }[];
    expect(orders).toHaveLength(count);
    const confirmed = orders.filter(({ status }) => status === 'confirmed').map(({ id }) => id);
    // A payment that succeeds after a failure is kept, unless the order was already released and the payment refunded.
    expect(confirmed.length).toBeGreaterThanOrEqual(count * 0.75);
    const kept = await shop.database.query(
      "select order_id from payments.payments where status = 'succeeded' and user_id = 'mallory'",
    );
    expect((kept.rows as { order_id: string }[]).map((row) => row.order_id).sort()).toEqual(confirmed.sort());
    for (const [topic, expected] of [
      ['orders.created', ids],
      ['orders.confirmed', confirmed],
    ] as const) {
      const events = (await shop.published(topic)).filter(({ subject }) => ids.includes(subject));
      const once = new Map(events.map((event) => [event.id, event.subject]));
      expect([...once.values()].sort()).toEqual([...expected].sort());
    }
    const level = await fetch(`${shop.urls['inventory']}/api/inventory/aurora-12`);
    expect(await level.json()).toMatchObject({ reserved: 0 });
    const dead = await shop.database.query(
      'select * from orders.dead_letters union all select * from payments.dead_letters',
    );
    expect(dead.rows).toEqual([]);
    payment.kill();
  }, 120_000);

  test('are published once the broker is available again', async () => {
    const withoutBroker = await shop.start('order', { EVENT_LOG_URL: 'kafka://127.0.0.1:1' });
    order.kill();
    await order.ended;
    const id = await shop.place(withoutBroker, 'trent', 'without broker');
    await shop.until('the order is reserved without the broker', () => isReserved(id));
    const { rows } = await shop.database.query('select 1 from orders.outbox where key = $1', [id]);
    expect(rows).toHaveLength(1);
    withoutBroker.kill();
    await withoutBroker.ended;
    order = await shop.start('order');
    await shop.until('its event is published', async () =>
      (await shop.published('orders.created')).some(({ subject }) => subject === id),
    );
  }, 60_000);

  test('have their events published in order per key if relays are killed within batches', async () => {
    order.kill();
    await order.ended;
    const [keys, each] = [200, 6];
    for (let turn = 0; turn < each; turn += 1) {
      const events = Array.from({ length: keys }, (_, key) =>
        createEvent({
          id: `relay-${key}-${turn}`,
          source: '/services/order',
          type: 'orders.failed',
          subject: `relay-${key}`,
          timeMs: 0,
          data: { orderId: `relay-${key}`, reason: String(turn), createdAt: '2026-11-20T12:00:00.000Z' },
        }),
      );
      await shop.database.query(
        `insert into orders.outbox (key, event)
         select event->>'subject', event from unnest($1::text[]) with ordinality as t(text, n),
           lateral (select text::json as event) as e order by n`,
        [events.map((event) => JSON.stringify(event))],
      );
    }
    const left = async () => {
      const { rows } = await shop.database.query(
        "select count(*)::int as n from orders.outbox where key like 'relay-%'",
      );
      return (rows[0] as { n: number }).n;
    };
    let kills = 0;
    for (let total = await left(); total > 0; total = await left()) {
      const relays = await Promise.all([shop.start('order'), shop.start('order')]);
      // Kills the relays when they have published a part of the events, if this loop is fast enough.
      for (let look = 0; look < 40 && (await left()) === total; look += 1);
      for (const relay of relays) relay.kill();
      await Promise.all(relays.map(({ ended }) => ended));
      kills += relays.length;
    }
    expect(kills).toBeGreaterThan(0);
    const seen = new Map<string, string[]>();
    for (const event of await shop.published('orders.failed')) {
      if (!event.subject.startsWith('relay-')) continue;
      const turns = seen.get(event.subject) ?? [];
      if (!turns.includes(event.id)) turns.push(event.id);
      seen.set(event.subject, turns);
    }
    expect(seen.size).toBe(keys);
    for (const [key, turns] of seen) {
      expect(turns).toEqual(Array.from({ length: each }, (_, turn) => `${key}-${turn}`));
    }
    order = await shop.start('order');
  }, 120_000);
});
