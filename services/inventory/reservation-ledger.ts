import type { Queries } from '../platform/database/database.ts';
import type { InventoryPorts } from './inventory.ts';
import type { Reservation, StockLine } from './stock.ts';
import {
  endReservation,
  insertReservation,
  levelsOf,
  lockProducts,
  lockReservation,
  type ReservationStatus,
  type StoredReservation,
  storedStock,
} from './stock-store.ts';

/** Changes reservations in the database, with their events, and updates the limit store. */
export interface ReservationLedger {
  /** Records an `inventory.updated` event for each line, in the transaction that changed it. */
  record(
    transaction: Queries,
    reservation: Omit<Reservation, 'expiresAtMs'>,
    cause: 'reserved' | 'released' | 'expired' | 'committed',
  ): Promise<void>;
  /** Writes a reservation that the limit store granted. */
  insert(transaction: Queries, granted: Reservation): Promise<void>;
  /**
   * Locks a reservation, and ends it with `status` if it is held and `mayEnd` allows it. Returns the reservation as it was
   * before.
   */
  end(
    id: string,
    status: Exclude<ReservationStatus, 'held'>,
    mayEnd: (held: Reservation) => boolean,
    beforeEnd?: (transaction: Queries, held: Reservation) => Promise<void>,
  ): Promise<{ readonly reservation: StoredReservation | null; readonly ended: boolean }>;
  /** Ends the hold in the limit store. If that fails, `expireReservations` repairs it within ten minutes. */
  settle(reservation: Pick<Reservation, 'id' | 'expiresAtMs' | 'lines'>): Promise<void>;
  /** Implements `Inventory.refresh`. */
  refresh(productIds: readonly string[]): Promise<void>;
}

/** The ledger over the database and the limit store. */
export function createReservationLedger({
  database,
  holds,
  recordEvent,
  nowMs,
  log,
}: Pick<InventoryPorts, 'database' | 'holds' | 'recordEvent' | 'nowMs' | 'log'>): ReservationLedger {
  const statesOf = (lines: readonly StockLine[]) =>
    levelsOf(
      database,
      lines.map(({ productId }) => productId),
      nowMs(),
    );
  const ledger: ReservationLedger = {
    async record(transaction, { id, orderId, lines }, cause) {
      const productIds = lines.map(({ productId }) => productId);
      // With the lock, levels are read and events recorded in the order in which the changes commit.
      await lockProducts(transaction, productIds);
      for (const { productId, available, reserved } of await levelsOf(transaction, productIds, nowMs())) {
        const quantity = lines.find((line) => line.productId === productId)?.quantity ?? 0;
        await recordEvent(transaction, 'inventory.updated', productId, {
          productId,
          available,
          reserved,
          cause,
          reservation: { id, orderId, quantity },
        });
      }
    },
    async insert(transaction, granted) {
      if (await insertReservation(transaction, granted))
        await ledger.record(transaction, granted, 'reserved');
    },
    end: (id, status, mayEnd, beforeEnd = async () => {}) =>
      database.transaction(async (transaction) => {
        const reservation = await lockReservation(transaction, id);
        if (reservation === null || reservation.status !== 'held' || !mayEnd(reservation)) {
          return { reservation, ended: false };
        }
        await beforeEnd(transaction, reservation);
        await endReservation(transaction, id, status);
        await ledger.record(transaction, reservation, status);
        return { reservation, ended: true };
      }),
    async settle({ id, expiresAtMs, lines }) {
      try {
        const states = new Map((await statesOf(lines)).map((state) => [state.productId, state]));
        const known = lines.flatMap((line) => {
          const state = states.get(line.productId);
          return state === undefined ? [] : [{ ...state, ...line }];
        });
        await holds.settle(id, expiresAtMs, known);
      } catch (error) {
        log('warn', 'the limit store was not updated after a hold ended', { id, error: String(error) });
      }
    },
    async refresh(productIds) {
      if (productIds.length === 0) return;
      for (const stock of await storedStock(database, productIds)) await holds.load(stock);
    },
  };
  return ledger;
}
