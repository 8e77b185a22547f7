import { takeAdvisoryLock } from '../platform/database/advisory-lock.ts';
import type { Queries } from '../platform/database/database.ts';
import { idempotencyTables } from '../platform/database/database-idempotency.ts';
import { seedStatement } from '../platform/database/seed-statement.ts';
import { firstMessageTables, laterMessageTables } from '../platform/outbox/message-tables.ts';
import { seedProducts } from '../seed/products.ts';
import type { Reservation, StockLevel, StockLine, StockState } from './stock.ts';

/**
 * The statements that create and seed the tables of the inventory service. `stock` has the units that are not sold; its
 * check prevents overselling, also after the limit store has lost data. `reservations` has the status of each reservation,
 * `holds` the lines of those that are held.
 */
export const stockTables: readonly string[] = [
  `create table stock (
    product_id text collate "C" primary key,
    units int not null check (units >= 0),
    version bigint not null default 1,
    changed_at timestamptz not null default now()
  )`,
  'create index stock_by_change on stock (changed_at)',
  `create table reservations (
    id text primary key,
    order_id text,
    owner_id text not null,
    lines json not null,
    status text not null,
    expires_at timestamptz not null
  )`,
  "create index reservations_held on reservations (expires_at) where status = 'held'",
  `create table holds (
    product_id text collate "C" not null,
    reservation_id text not null,
    quantity int not null,
    expires_at timestamptz not null,
    primary key (product_id, reservation_id)
  )`,
  'create index holds_of_reservation on holds (reservation_id)',
  // A new name makes the limit store ignore its old copy, such as after a restore of the database from a backup.
  'create table store_copy (name text not null)',
  'insert into store_copy values (gen_random_uuid()::text)',
  ...idempotencyTables,
  ...firstMessageTables,
  seedStatement(
    'stock',
    { product_id: 'text', units: 'int' },
    seedProducts.map(({ product, stock }) => ({ product_id: product.id, units: stock })),
  ),
  "create index reservations_over on reservations (expires_at) where status <> 'held'",
  ...laterMessageTables,
  "create index reservations_of_owner on reservations (owner_id) where status = 'held'",
];

/** The name of the limit store's copy of this database's stock. */
export async function stockCopyName(queries: Queries): Promise<string> {
  const [row] = await queries.query<{ name: string }>('select name from store_copy');
  if (row === undefined)
    throw new Error('The table inventory.store_copy is empty. Insert one row with a unique name.');
  return row.name;
}

export type ReservationStatus = 'held' | 'committed' | 'released' | 'expired';
export type StoredReservation = Reservation & { readonly status: ReservationStatus };

/** The stock of a product, with its holds. */
export interface StoredStock extends StockState {
  readonly holds: readonly { readonly id: string; readonly quantity: number; readonly expiresAtMs: number }[];
}

interface Row {
  readonly id: string;
  readonly order_id: string | null;
  readonly owner_id: string;
  readonly lines: readonly StockLine[];
  readonly status: ReservationStatus;
  readonly expires_at: Date;
}

export async function findReservation(queries: Queries, id: string): Promise<StoredReservation | null> {
  const [row] = await queries.query<Row>('select * from reservations where id = $1', [id]);
  return row === undefined ? null : reservationOf(row);
}

/** Reads a reservation, and locks its row until the transaction ends. */
export async function lockReservation(transaction: Queries, id: string): Promise<StoredReservation | null> {
  const [row] = await transaction.query<Row>('select * from reservations where id = $1 for update', [id]);
  return row === undefined ? null : reservationOf(row);
}

/** Stores a held reservation. @returns false if it is stored already with this expiry or later, or is sold. */
export async function insertReservation(transaction: Queries, reservation: Reservation): Promise<boolean> {
  const { id, orderId, ownerId, lines, expiresAtMs } = reservation;
  const expiresAt = new Date(expiresAtMs);
  const rows = await transaction.query(
    `insert into reservations (id, order_id, owner_id, lines, status, expires_at) values ($1, $2, $3, $4, 'held', $5)
     on conflict (id) do update set status = 'held', expires_at = excluded.expires_at, lines = excluded.lines
       where reservations.status <> 'committed'
         and (reservations.status <> 'held' or reservations.expires_at < excluded.expires_at)
     returning id`,
    [id, orderId, ownerId, JSON.stringify(lines), expiresAt],
  );
  if (rows.length === 0) return false;
  await transaction.query(
    `insert into holds (product_id, reservation_id, quantity, expires_at)
     select product_id, $1, quantity, $4 from unnest($2::text[], $3::int[]) as line (product_id, quantity)
     on conflict (product_id, reservation_id) do update set expires_at = excluded.expires_at`,
    [id, lines.map(({ productId }) => productId), lines.map(({ quantity }) => quantity), expiresAt],
  );
  return true;
}

export async function endReservation(
  transaction: Queries,
  id: string,
  status: Exclude<ReservationStatus, 'held'>,
): Promise<void> {
  await transaction.query('update reservations set status = $2 where id = $1', [id, status]);
  await transaction.query('delete from holds where reservation_id = $1', [id]);
}

/** Locks reservations that have expired, except those that another process has locked. @param max the most to lock. */
export async function lockExpired(
  transaction: Queries,
  nowMs: number,
  max: number,
): Promise<readonly StoredReservation[]> {
  const rows = await transaction.query<Row>(
    `select * from reservations where status = 'held' and expires_at <= $1
     order by expires_at limit $2 for update skip locked`,
    [new Date(nowMs), max],
  );
  return rows.map(reservationOf);
}

/** Adds units to the stock, or removes them. @returns false if there are too few units, or the product does not exist. */
export async function changeUnits(transaction: Queries, productId: string, by: number): Promise<boolean> {
  const rows = await transaction.query(
    `update stock set units = units + $2, version = version + 1, changed_at = now()
     where product_id = $1 and units + $2 >= 0 returning product_id`,
    [productId, by],
  );
  return rows.length > 0;
}

/** Locks these products until the transaction ends. All callers lock in the same order, which prevents deadlocks. */
export async function lockProducts(transaction: Queries, productIds: readonly string[]): Promise<void> {
  await transaction.query('select from stock where product_id = any($1) order by product_id for update', [
    productIds,
  ]);
}

/**
 * The units that an owner holds, without those of one reservation. Locks the owner, so that no other hold of the owner is
 * added until the transaction ends.
 */
export async function lockUnitsHeldBy(
  transaction: Queries,
  { id, ownerId }: { readonly id: string; readonly ownerId: string },
  nowMs: number,
): Promise<number> {
  await takeAdvisoryLock(transaction, `holds of ${ownerId}`);
  const [{ units } = { units: 0 }] = await transaction.query<{ units: number }>(
    `select coalesce(sum(quantity), 0)::int as units from reservations join holds on reservation_id = id
     where owner_id = $1 and status = 'held' and id <> $2 and holds.expires_at > $3`,
    [ownerId, id, new Date(nowMs)],
  );
  return units;
}

/** The levels of these products, from the database. */
export async function levelsOf(
  queries: Queries,
  productIds: readonly string[],
  nowMs: number,
): Promise<readonly (StockLevel & StockState)[]> {
  const rows = await queries.query<{ product_id: string; units: number; version: string; reserved: number }>(
    `select product_id, units, version, coalesce(
       (select sum(quantity) from holds where holds.product_id = stock.product_id and expires_at > $2), 0
     )::int as reserved
     from stock where product_id = any($1) order by product_id`,
    [productIds, new Date(nowMs)],
  );
  return rows.map(({ product_id: productId, units, version, reserved }) => ({
    productId,
    units,
    version: Number(version),
    available: units - reserved,
    reserved,
  }));
}

/** These products with their holds, to load into the limit store. */
export async function storedStock(
  queries: Queries,
  productIds: readonly string[],
): Promise<readonly StoredStock[]> {
  const rows = await queries.query<{
    product_id: string;
    units: number;
    version: string;
    holds: readonly { id: string; quantity: number; ends: number }[];
  }>(
    `select product_id, units, version, coalesce(
       (select json_agg(json_build_object('id', reservation_id, 'quantity', quantity,
          'ends', (extract(epoch from expires_at) * 1000)::bigint))
        from holds where holds.product_id = stock.product_id), '[]'
     ) as holds
     from stock where product_id = any($1)`,
    [productIds],
  );
  return rows.map(({ product_id: productId, units, version, holds }) => ({
    productId,
    units,
    version: Number(version),
    holds: holds.map(({ id, quantity, ends }) => ({ id, quantity, expiresAtMs: ends })),
  }));
}

/** Products whose units have changed within the last minutes. */
export async function changedProducts(queries: Queries, minutes: number): Promise<readonly string[]> {
  const rows = await queries.query<{ product_id: string }>(
    'select product_id from stock where changed_at > now() - make_interval(mins => $1)',
    [minutes],
  );
  return rows.map(({ product_id: productId }) => productId);
}

/** Longer than any order takes. */
const keepDays = 30;

/** Deletes reservations that ended more than 30 days ago. */
export async function deleteOldReservations(queries: Queries): Promise<void> {
  await queries.query(
    `delete from reservations where status <> 'held' and expires_at < now() - interval '${keepDays} days'`,
  );
}

function reservationOf(row: Row): StoredReservation {
  return {
    id: row.id,
    orderId: row.order_id,
    ownerId: row.owner_id,
    lines: row.lines,
    status: row.status,
    expiresAtMs: row.expires_at.getTime(),
  };
}
