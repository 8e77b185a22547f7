import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { expect } from 'vitest';
import type { LocalRun } from '../../lib/local/run/local-run.ts';
import { recordedEvents } from '../support/recorded-events.ts';
import type { Ledger } from './shoppers.ts';

type Row = Readonly<Record<string, unknown>>;

/** Rows of the run's database, by a new connection, because a fault may have closed existing ones. */
export async function rowsOf(
  run: LocalRun,
  text: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  for (let attempt = 0; ; attempt += 1) {
    const client = new Client({ connectionString: run.databaseUrl });
    client.on('error', () => {});
    try {
      await client.connect();
      return (await client.query<Row>(text, [...values])).rows;
    } catch (error) {
      // An invalid query (SQLSTATE class 42) fails again. A server that recovers answers within seconds.
      if (attempt >= 60 || String((error as { code?: unknown }).code).startsWith('42')) throw error;
      await sleep(500);
    } finally {
      await client.end().catch(() => {});
    }
  }
}

export async function unitsOf(run: LocalRun, productId: string): Promise<number> {
  const [row] = await rowsOf(run, 'select units from inventory.stock where product_id = $1', [productId]);
  return Number(row?.['units']);
}

/**
 * Compares the shoppers' ledger with the shop's orders, payments, stock and events. Each must exist exactly once.
 *
 * @param unitsBefore Units of the product before the first order.
 */
export async function reconcileOrders(
  run: LocalRun,
  ledger: Ledger,
  productId: string,
  unitsBefore: number,
): Promise<void> {
  const ids = [...ledger.placed.keys()].sort();
  const orders = await rowsOf(
    run,
    'select id, status, total_amount from orders.orders where user_id = any($1) order by id',
    [[...ledger.placed.values()]],
  );
  expect(orders.map(({ id }) => id)).toEqual(ids);
  expect(orders.filter(({ status }) => status !== 'confirmed')).toEqual([]);

  const payments = await rowsOf(
    run,
    'select order_id, status, amount from payments.payments where order_id = any($1) order by order_id',
    [ids],
  );
  expect(payments.map(({ order_id, amount }) => [order_id, amount])).toEqual(
    orders.map(({ id, total_amount }) => [id, total_amount]),
  );
  expect(payments.filter(({ status }) => status !== 'succeeded')).toEqual([]);

  const holds = await rowsOf(
    run,
    'select reservation_id from inventory.holds join inventory.reservations on reservation_id = id where order_id = any($1)',
    [ids],
  );
  expect(holds).toEqual([]);
  expect(await unitsOf(run, productId)).toBe(unitsBefore - ids.length);

  for (const topic of ['orders.created', 'orders.confirmed']) {
    expect({ topic, ids: await publishedOnce(run, topic, ids) }).toEqual({ topic, ids });
  }
  for (const schema of ['orders', 'payments', 'inventory']) {
    expect({ schema, dead: await rowsOf(run, `select * from ${schema}.dead_letters`) }).toEqual({
      schema,
      dead: [],
    });
  }
  expect(ledger.misbehaviour).toEqual([]);
}

/** Order ids of the distinct events of a topic, sorted. Waits up to 30 seconds for pending events. */
async function publishedOnce(
  run: LocalRun,
  topic: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  for (let attempt = 0; ; attempt += 1) {
    const events = (await recordedEvents(run.eventLogUrl, topic)).filter(({ subject }) =>
      ids.includes(subject),
    );
    const subjects = [...new Map(events.map(({ id, subject }) => [id, subject])).values()].sort();
    if (subjects.length >= ids.length || attempt >= 30) return subjects;
    await sleep(1_000);
  }
}
