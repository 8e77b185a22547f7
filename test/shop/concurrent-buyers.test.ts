import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CloudEvent } from '../../runtime/events/cloud-event.ts';
import { hasRedis, redisNote } from '../../runtime/limit-store/testing/redis-server.ts';
import { hasPostgres, postgresNote } from '../support/postgres.ts';
import { openShop, type Shop, type Task } from '../support/shop-processes.ts';

const buyers = 500;
const phones = 100;
const product = 'aurora-12-max';
const other = { product: 'origami-flip-3', units: 40, buyers: 120 };

/** Many buyers order the same phone at once while processes are killed. */
describe.runIf(hasPostgres)(`concurrent buyers of one product${postgresNote}`, () => {
  let shop: Shop;
  let orders: Task[];
  beforeAll(async () => {
    shop = await openShop();
    orders = [await shop.start('order'), await shop.start('order')];
  }, 60_000);
  afterAll(() => shop?.close());

  const count = async (statement: string, values: readonly unknown[] = []): Promise<number> => {
    const { rows } = await shop.database.query(`select count(*)::int as n from ${statement}`, [...values]);
    return (rows[0] as { n: number }).n;
  };
  const ordersOf = async (of: string, ...states: string[]) =>
    await count('orders.orders where status = any($1) and items::text like $2', [states, `%${of}%`]);
  const ordersThatAre = (...states: string[]) => ordersOf(product, ...states);
  /** Matching events of a topic, without repetitions. */
  const eventsOf = async (topic: string, matches: (event: CloudEvent) => boolean) => {
    const events = (await shop.published(topic)).filter(matches);
    return [...new Map(events.map((event) => [event.id, event])).values()];
  };
  /** Repeats a call with the same idempotency key until it is answered, like a shopper's app. */
  const place = async (buyer: number, wanted: string): Promise<string> => {
    for (let attempt = buyer; ; attempt += 1) {
      const task = orders[attempt % orders.length];
      try {
        if (task !== undefined) return await shop.place(task, `buyer-${buyer}`, wanted, wanted);
      } catch {
        await sleep(100);
      }
    }
  };

  test(`exactly ${phones} of ${buyers} buyers get one of ${phones} phones, and every event takes effect once`, async () => {
    const stock = `${shop.urls['inventory']}/api/inventory/${product}`;
    const { available } = (await (await fetch(stock)).json()) as { available: number };
    const delivery = await fetch(`${shop.targets['inventory']?.[0]}/api/inventory/${product}/deliveries`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-client-id': 'warehouse' },
      body: JSON.stringify({ quantity: phones - available }),
    });
    expect(await delivery.json()).toMatchObject({ available: phones, reserved: 0 });
    const second = await shop.start('inventory');
    shop.targets['inventory']?.push(second.url);

    const placing = Promise.all(Array.from({ length: buyers }, (_, buyer) => place(buyer, product)));
    await shop.until(
      'a quarter of the phones is reserved',
      async () => (await ordersThatAre('reserved')) >= phones / 4,
    );
    // At this point some holds are not yet in the tables.
    second.kill();
    await second.ended;
    shop.targets['inventory']?.pop();
    const third = await shop.start('inventory');
    shop.targets['inventory']?.push(third.url);
    expect(new Set(await placing).size).toBe(buyers);
    await shop.hurry();
    await shop.until(
      'every order is reserved or rejected',
      async () => (await ordersThatAre('created')) === 0,
    );
    expect([await ordersThatAre('reserved'), await ordersThatAre('rejected')]).toEqual([
      phones,
      buyers - phones,
    ]);

    const { rows } = await shop.database.query(
      "select id from orders.orders where status = 'reserved' and items::text like $1",
      [`%${product}%`],
    );
    const winners = (rows as { id: string }[]).map(({ id }) => id);
    await shop.until(
      'every reserved order has a payment',
      async () => (await count('payments.payments where order_id = any($1)', [winners])) === phones,
    );
    let paid = 0;
    for (const id of winners) {
      await shop.webhook(id, 'payment_intent.succeeded', `evt_rush_${++paid}`);
      if (paid === phones / 2) {
        third.kill();
        await third.ended;
        shop.targets['inventory']?.pop();
      }
    }
    await shop.hurry();
    await shop.until('all are confirmed', async () => (await ordersThatAre('confirmed')) === phones);
    await shop.until('all is published', async () => {
      const waiting = ['orders', 'payments', 'inventory'].map((schema) => count(`${schema}.outbox`));
      return (await Promise.all(waiting)).every((left) => left === 0);
    });

    // The stock is sold out and has no holds, in the tables and in the limit store.
    expect(await count('inventory.stock where product_id = $1 and units = 0', [product])).toBe(1);
    expect(await count('inventory.holds where product_id = $1', [product])).toBe(0);
    expect(await (await fetch(stock)).json()).toMatchObject({ available: 0, reserved: 0 });
    // Every order and every reservation has each event once.
    const ofWinner = ({ subject }: CloudEvent) => winners.includes(subject);
    const isOrder = ({ subject }: CloudEvent) => subject.startsWith('order-');
    expect(new Set((await eventsOf('orders.created', isOrder)).map(({ subject }) => subject)).size).toBe(
      buyers,
    );
    for (const topic of ['orders.payment_succeeded', 'orders.confirmed']) {
      const subjects = (await eventsOf(topic, ofWinner)).map(({ subject }) => subject);
      expect(subjects.sort()).toEqual(winners.toSorted());
    }
    expect(await eventsOf('orders.failed', isOrder)).toHaveLength(buyers - phones);
    const moves = await eventsOf('inventory.updated', ({ subject }) => subject === product);
    const causedBy = (cause: string) =>
      moves
        .map(({ data }) => data as { cause: string; reservation?: { orderId: string } })
        .filter((move) => move.cause === cause)
        .map(({ reservation }) => reservation?.orderId ?? '')
        .toSorted();
    expect(causedBy('reserved')).toEqual(winners.toSorted());
    expect(causedBy('committed')).toEqual(winners.toSorted());
    expect([...causedBy('released'), ...causedBy('expired')]).toEqual([]);
    // Every consumed event took effect once.
    expect(await count('payments.inbox')).toBe(phones);
    expect(await count('orders.inbox')).toBe(phones);
    for (const schema of ['orders', 'payments']) expect(await count(`${schema}.dead_letters`)).toBe(0);
  }, 240_000);

  test.runIf(hasRedis)(
    `exactly the stock is sold if the limit store loses its data meanwhile${redisNote}`,
    async () => {
      const placing = Promise.all(
        Array.from({ length: other.buyers }, (_, buyer) => place(buyer, other.product)),
      );
      for (const share of [4, 2]) {
        await shop.until(
          'a share of the units is reserved',
          async () => (await ordersOf(other.product, 'reserved')) >= other.units / share,
        );
        await shop.wipeStore();
      }
      const ids = await placing;
      await shop.until(
        'every order is reserved or rejected',
        async () => (await ordersOf(other.product, 'created')) === 0,
      );
      await shop.wipeStore();
      // Every buyer with a reservation pays. Payments of reservations beyond the stock are refunded.
      const reserved = await shop.database.query(
        "select id from orders.orders where status = 'reserved' and items::text like $1",
        [`%${other.product}%`],
      );
      const reservedIds = (reserved.rows as { id: string }[]).map(({ id }) => id);
      await shop.until(
        'every reserved order has a payment',
        async () =>
          (await count('payments.payments where order_id = any($1)', [reservedIds])) === reservedIds.length,
      );
      for (const [index, id] of reservedIds.entries()) {
        await shop.webhook(id, 'payment_intent.succeeded', `evt_wiped_${index}`);
      }
      await shop.until(
        'every order is final',
        async () => (await ordersOf(other.product, 'confirmed', 'rejected', 'released')) === other.buyers,
      );
      expect(await ordersOf(other.product, 'confirmed')).toBe(other.units);
      expect(await count('inventory.stock where product_id = $1 and units = 0', [other.product])).toBe(1);
      const kept = "payments.payments where status = 'succeeded' and order_id = any($1)";
      await shop.until(
        'only sold units have a payment',
        async () => (await count(kept, [ids])) === other.units,
      );
    },
    240_000,
  );
});
