import { holdSeconds } from '../inventory/stock.ts';
import type { Database, Queries } from '../platform/database/database.ts';
import { idempotencyTables } from '../platform/database/database-idempotency.ts';
import { type Page, type PageRequest, pageOf } from '../platform/http/pagination.ts';
import { messageTables } from '../platform/outbox/message-tables.ts';
import type { DeliveryAddress, Order, OrderItem, OrderPayment, OrderStatus } from './order.ts';
import type { OrderTransition, SagaOrder } from './saga.ts';

/** The statements that create the tables of the order service. */
export const orderTables: readonly string[] = [
  `create table orders (
    id text collate "C" primary key,
    user_id text not null,
    status text not null,
    items json not null,
    total_amount bigint not null,
    total_currency text not null,
    created_at timestamptz not null,
    delivery json,
    payment json,
    reason text,
    held_until timestamptz,
    -- The sort key of pages: the creation time in ISO 8601 and the id.
    age text collate "C" not null,
    -- When the next step of the saga is due; null if none is planned.
    next_step_at timestamptz,
    attempts int not null default 0,
    version int not null default 0
  )`,
  'create index orders_of_user on orders (user_id, age desc)',
  'create index orders_by_age on orders (age desc)',
  'create index orders_due on orders (next_step_at) where next_step_at is not null',
  ...idempotencyTables,
  ...messageTables,
];

interface Row {
  readonly id: string;
  readonly user_id: string;
  readonly status: OrderStatus;
  readonly items: readonly OrderItem[];
  readonly total_amount: string;
  readonly total_currency: string;
  readonly created_at: Date;
  readonly delivery: DeliveryAddress | null;
  readonly payment: OrderPayment | null;
  readonly reason: string | null;
  readonly held_until: Date | null;
  readonly attempts: number;
  readonly version: number;
  readonly is_late: boolean;
}

/** An order that a worker has claimed for its next step, for `leaseSeconds`. */
export interface ClaimedOrder extends SagaOrder {
  /** Detects concurrent changes: each change of the order increments it. */
  readonly version: number;
  /** Attempts of the step so far, including the current one. */
  readonly attempts: number;
  /** Whether the hold on its stock has expired, by the database's clock. Without a hold, the creation time counts. */
  readonly isLate: boolean;
}

/** The columns of an order, and whether its hold has expired. Without a hold, it counts from the creation time. */
const columns = `*, coalesce(held_until, created_at + interval '${holdSeconds}s') <= now() as is_late`;

/** Longer than a step whose calls all time out. After that, another worker may claim the order. */
export const leaseSeconds = 30;

/** @param isDue whether the saga of the order starts at once. Orders of the seed have no saga. */
export async function insertOrder(queries: Queries, order: Order, isDue: boolean): Promise<void> {
  await queries.query(
    `insert into orders (id, user_id, status, items, total_amount, total_currency, created_at, delivery, age, next_step_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $10 then now() end)
     on conflict do nothing`,
    [
      order.id,
      order.userId,
      order.status,
      JSON.stringify(order.items),
      order.total.amount,
      order.total.currency,
      order.createdAt,
      order.delivery === undefined ? null : JSON.stringify(order.delivery),
      ageOf(order),
      isDue,
    ],
  );
}

export async function getOrder(queries: Queries, id: string): Promise<Order | null> {
  const [row] = await queries.query<Row>('select * from orders where id = $1', [id]);
  return row === undefined ? null : orderOf(row);
}

/** A page of orders, newest first. @param userId null for the orders of all users. */
export async function listOrders(
  queries: Queries,
  userId: string | null,
  { limit, cursor }: PageRequest,
): Promise<Page<Order>> {
  const rows = await queries.query<Row>(
    `select * from orders
     where ($1::text is null or user_id = $1) and ($2::text is null or age < $2)
     order by age desc limit $3`,
    [userId, cursor ?? null, limit + 1],
  );
  return pageOf(rows.map(orderOf), { limit }, ageOf, 'descending');
}

/** No step is scheduled further ahead than this. A later step was scheduled before the clock was set back. */
const maxNextStepSeconds = holdSeconds + 60;

/**
 * Reschedules steps that are further ahead than `maxNextStepSeconds`: after the clock was set back, their orders would
 * not continue for that long. An order that waits for its payment waits for one hold at most; all others continue now.
 */
export async function reschedule(database: Database): Promise<void> {
  await database.query(
    `update orders set next_step_at = now() +
       case when status = 'reserved' and payment is not null then interval '${holdSeconds}s' else interval '0s' end
     where next_step_at > now() + interval '${maxNextStepSeconds}s'`,
  );
}

/** Claims orders whose step is due, oldest first. Concurrent workers skip them. @param max the most orders to claim. */
export async function claimDue(queries: Queries, max: number): Promise<readonly ClaimedOrder[]> {
  const rows = await queries.query<Row>(
    `update orders set next_step_at = now() + interval '${leaseSeconds}s', attempts = attempts + 1, version = version + 1
     where id in (
       select id from orders where next_step_at <= now() order by next_step_at limit $1 for update skip locked
     ) returning ${columns}`,
    [max],
  );
  return rows.map(claimedOf);
}

/** Reads an order, and locks its row until the transaction ends. */
export async function lockOrder(transaction: Queries, id: string): Promise<ClaimedOrder | null> {
  const [row] = await transaction.query<Row>(`select ${columns} from orders where id = $1 for update`, [id]);
  return row === undefined ? null : claimedOf(row);
}

/** Stores a transition. @returns false if the order has changed since `version`; then nothing is stored. */
export async function moveOrder(
  transaction: Queries,
  { id, version }: ClaimedOrder,
  move: OrderTransition,
): Promise<boolean> {
  const rows = await transaction.query(
    `update orders set status = $3, payment = coalesce($4, payment), held_until = coalesce($5, held_until),
       reason = coalesce($6, reason), attempts = 0, version = version + 1,
       -- PostgreSQL reads 'now' as the current time.
       next_step_at = $7::text::timestamptz
     where id = $1 and version = $2 returning id`,
    [
      id,
      version,
      move.status,
      move.payment === undefined ? null : JSON.stringify(move.payment),
      move.heldUntil ?? null,
      move.reason ?? null,
      move.nextStep === null || move.nextStep === 'now' ? move.nextStep : move.nextStep.at,
    ],
  );
  return rows.length > 0;
}

/** Schedules the next attempt of the step. @param seconds from now; null schedules none. */
export async function postpone(
  database: Database,
  { id, version }: ClaimedOrder,
  seconds: number | null,
): Promise<void> {
  await database.query(
    'update orders set next_step_at = now() + make_interval(secs => $3) where id = $1 and version = $2',
    [id, version, seconds],
  );
}

function ageOf({ createdAt, id }: Order): string {
  return `${createdAt} ${id}`;
}

function claimedOf(row: Row): ClaimedOrder {
  return {
    ...orderOf(row),
    heldUntil: row.held_until?.toISOString() ?? null,
    version: row.version,
    attempts: row.attempts,
    isLate: row.is_late,
  };
}

function orderOf(row: Row): Order {
  return {
    id: row.id,
    userId: row.user_id,
    status: row.status,
    items: row.items,
    total: { amount: Number(row.total_amount), currency: row.total_currency },
    createdAt: row.created_at.toISOString(),
    ...(row.delivery === null ? {} : { delivery: row.delivery }),
    ...(row.payment === null ? {} : { payment: row.payment }),
    ...(row.reason === null ? {} : { reason: row.reason }),
  };
}
