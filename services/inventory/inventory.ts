import type { Database, Queries } from '../platform/database/database.ts';
import type { Log } from '../platform/log.ts';
import type { RecordEvent } from '../platform/outbox/outbox.ts';
import { UnavailableError } from '../platform/unavailable.ts';
import { byProduct, type Reservation, type StockLevel, type StockLine } from './stock.ts';
import type { StockHolds } from './stock-holds.ts';
import {
  changedProducts,
  changeUnits,
  endReservation,
  findReservation,
  insertReservation,
  levelsOf,
  lockExpired,
  lockProducts,
  lockReservation,
  lockUnitsHeldBy,
  type ReservationStatus,
  storedStock,
} from './stock-store.ts';

export type HoldOutcome =
  | { readonly kind: 'held'; readonly expiresAtMs: number }
  /** Sold before. */
  | { readonly kind: 'committed'; readonly expiresAtMs: number }
  /** Too little of these, or no such products; nothing is held. */
  | {
      readonly kind: 'short';
      readonly productIds: readonly string[];
      readonly levels: readonly StockLevel[];
    };

/** The owner would hold more than one may at once; nothing is held. */
export interface TooManyHeld {
  readonly kind: 'too-much';
  /** Units that the owner holds besides, and may hold at most. */
  readonly held: number;
  readonly most: number;
}

export type CommitOutcome =
  | { readonly kind: 'committed' }
  /** Never held, released, or expired and sold since. */
  | { readonly kind: 'gone' };

export type ReleaseOutcome =
  | { readonly kind: 'released' }
  /** Expired, released before, somebody else's, or never there. */
  | { readonly kind: 'not-held' }
  /** The goods are sold. */
  | { readonly kind: 'committed' };

/** A caller's own reservation of a product, which is not an order's. */
export interface OwnedReservation {
  readonly ownerId: string;
  readonly productId: string;
}

/** Stock, and who holds what of it. Every call may be repeated, and a repetition changes nothing and says the same. */
export interface Inventory {
  /** By the store; while that is away, by the tables. Null if there is no such product. */
  level(productId: string): Promise<StockLevel | null>;
  /** All lines or none. @param within the transaction of a caller that says itself when there are events to publish. */
  hold(wanted: Omit<Reservation, 'expiresAtMs'>, within?: Queries): Promise<HoldOutcome | TooManyHeld>;
  /** Sells what is held. What has expired is sold all the same while it is still there. */
  commit(id: string): Promise<CommitOutcome>;
  /** Gives back what is held. @param only what it has to be; left out, anything. */
  release(id: string, only?: OwnedReservation): Promise<ReleaseOutcome>;
  /** Adds to what can be sold; `refresh` has to follow once the transaction has ended. */
  deliver(transaction: Queries, productId: string, quantity: number): Promise<StockLevel | null>;
  /** Tells the store what the tables say of these products. */
  refresh(productIds: readonly string[]): Promise<void>;
  /** Ends what has expired and says so; tells the store once more what has changed lately. */
  expireReservations(): Promise<void>;
}

export interface InventoryPorts {
  readonly database: Database;
  readonly holds: StockHolds;
  readonly recordEvent: RecordEvent;
  /** Units that one owner may hold at once. */
  readonly maxUnitsPerOwner: number;
  readonly nowMs: () => number;
  readonly log: Log;
  /** There are events to publish. */
  readonly onRecorded: () => void;
}

/** A sale is of a hold that outlasts it, so that the store never takes the goods for free before it hears of the sale. */
const leastSecondsToSell = 30;
const maxExpiredAtOnce = 200;
/** Longer than a task that ends in the middle takes to be replaced. */
const refreshMinutes = 10;

class HoldExpired extends Error {}

/**
 * The store decides who gets how much, in one step and without a lock; the tables are what is true. A hold is taken in
 * the store first and kept in the tables then, and given back in the tables first: whatever ends in between, the store
 * holds too much for a while, never too little.
 */
export function createInventory({ database, holds, nowMs, log, ...ports }: InventoryPorts): Inventory {
  /** Says what has become of each line, in the transaction in which it has. */
  const tell = async (
    transaction: Queries,
    { id, orderId, lines }: Omit<Reservation, 'expiresAtMs'>,
    cause: 'reserved' | 'released' | 'expired' | 'committed',
  ) => {
    const productIds = lines.map(({ productId }) => productId);
    // The level is read, and its event recorded, in the order in which the changes commit.
    await lockProducts(transaction, productIds);
    for (const { productId, available, reserved } of await levelsOf(transaction, productIds, nowMs())) {
      const quantity = lines.find((line) => line.productId === productId)?.quantity ?? 0;
      await ports.recordEvent(transaction, 'inventory.updated', productId, {
        productId,
        available,
        reserved,
        cause,
        reservation: { id, orderId, quantity },
      });
    }
  };
  const keep = async (transaction: Queries, taken: Reservation) => {
    if (await insertReservation(transaction, taken)) await tell(transaction, taken, 'reserved');
  };
  /** The store hears of it now, or from `tidy` a little later. */
  const settle = async ({ id, expiresAtMs, lines }: Pick<Reservation, 'id' | 'expiresAtMs' | 'lines'>) => {
    try {
      const states = new Map((await statesOf(lines)).map((state) => [state.productId, state]));
      const known = lines.flatMap((line) => {
        const state = states.get(line.productId);
        return state === undefined ? [] : [{ ...state, ...line }];
      });
      await holds.settle(id, expiresAtMs, known);
    } catch (error) {
      log('warn', 'the store has not heard what became of a hold', { id, error: String(error) });
    }
  };
  const statesOf = (lines: readonly StockLine[]) =>
    levelsOf(
      database,
      lines.map(({ productId }) => productId),
      nowMs(),
    );
  const refresh = async (productIds: readonly string[]) => {
    if (productIds.length === 0) return;
    for (const stock of await storedStock(database, productIds)) await holds.load(stock);
  };

  /** Locks the reservation and ends it as `status` if it is held and `mayEnd`; says what it was before. */
  const end = async (
    id: string,
    status: Exclude<ReservationStatus, 'held'>,
    mayEnd: (kept: Reservation) => boolean,
    also: (transaction: Queries, kept: Reservation) => Promise<void> = async () => {},
  ) =>
    await database.transaction(async (transaction) => {
      const kept = await lockReservation(transaction, id);
      if (kept === null || kept.status !== 'held' || !mayEnd(kept)) return { kept, ended: false };
      await also(transaction, kept);
      await endReservation(transaction, id, status);
      await tell(transaction, kept, status);
      return { kept, ended: true };
    });

  return {
    async level(productId) {
      try {
        return await holds.level(productId);
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        const [level] = await levelsOf(database, [productId], nowMs());
        return level === undefined
          ? null
          : { productId, available: level.available, reserved: level.reserved };
      }
    },
    refresh,
    async hold({ lines: given, ...wanted }, within) {
      const lines = given.toSorted(byProduct);
      const known = await findReservation(within ?? database, wanted.id);
      if (known?.status === 'committed') return { kind: 'committed', expiresAtMs: known.expiresAtMs };
      if (known?.status === 'held' && known.expiresAtMs > nowMs()) {
        return { kind: 'held', expiresAtMs: known.expiresAtMs };
      }
      const run = async (transaction: Queries): Promise<HoldOutcome | TooManyHeld> => {
        const most = ports.maxUnitsPerOwner;
        const held = await lockUnitsHeldBy(transaction, wanted, nowMs());
        const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
        if (held + units > most) return { kind: 'too-much', held, most };
        const taken = await holds.take(wanted.id, lines, 0, transaction);
        if (taken.kind === 'short') return taken;
        const { expiresAtMs } = taken;
        await keep(transaction, { ...wanted, lines, expiresAtMs });
        return { kind: 'held', expiresAtMs };
      };
      if (within !== undefined) return await run(within);
      const outcome = await database.transaction(run);
      if (outcome.kind === 'held') ports.onRecorded();
      return outcome;
    },
    async commit(id) {
      const known = await findReservation(database, id);
      if (known === null || known.status === 'released') return { kind: 'gone' };
      const { lines } = known;
      const isSafe = known.status === 'held' && known.expiresAtMs - nowMs() >= leastSecondsToSell * 1000;
      if (known.status !== 'committed' && !isSafe) {
        const taken = await holds.take(id, lines, leastSecondsToSell, database);
        if (taken.kind === 'short') return { kind: 'gone' };
        await database.transaction((transaction) =>
          keep(transaction, { ...known, expiresAtMs: taken.expiresAtMs }),
        );
      }
      const sell = async (transaction: Queries) => {
        for (const { productId, quantity } of lines) {
          if (!(await changeUnits(transaction, productId, -quantity))) throw new HoldExpired();
        }
      };
      try {
        const { kept, ended } = await end(id, 'committed', () => true, sell);
        if (kept === null || (!ended && kept.status !== 'committed')) return { kind: 'gone' };
        await settle(kept);
      } catch (error) {
        if (!(error instanceof HoldExpired)) throw error;
        return { kind: 'gone' };
      }
      ports.onRecorded();
      return { kind: 'committed' };
    },
    async release(id, only) {
      const isTheirs = ({ orderId, ownerId, lines }: Reservation) =>
        only === undefined ||
        (orderId === null &&
          ownerId === only.ownerId &&
          lines.every(({ productId }) => productId === only.productId));
      const now = nowMs();
      const { kept, ended } = await end(id, 'released', (held) => isTheirs(held) && held.expiresAtMs > now);
      if (kept === null || !isTheirs(kept)) return { kind: 'not-held' };
      if (kept.status === 'committed') return { kind: 'committed' };
      await settle(kept);
      ports.onRecorded();
      return { kind: ended ? 'released' : 'not-held' };
    },
    async deliver(transaction, productId, quantity) {
      if (!(await changeUnits(transaction, productId, quantity))) return null;
      const [state] = await levelsOf(transaction, [productId], nowMs());
      if (state === undefined) return null;
      const { available, reserved } = state;
      const level = { productId, available, reserved };
      await ports.recordEvent(transaction, 'inventory.updated', productId, { ...level, cause: 'delivered' });
      return level;
    },
    async expireReservations() {
      const expired = await database.transaction(async (transaction) => {
        const over = await lockExpired(transaction, nowMs(), maxExpiredAtOnce);
        const lines = over.flatMap((reservation) => reservation.lines);
        await lockProducts(
          transaction,
          lines.map(({ productId }) => productId),
        );
        for (const reservation of over) {
          await endReservation(transaction, reservation.id, 'expired');
          await tell(transaction, reservation, 'expired');
        }
        return over;
      });
      for (const reservation of expired) await settle(reservation);
      if (expired.length > 0) ports.onRecorded();
      await refresh(await changedProducts(database, refreshMinutes));
    },
  };
}
