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
  storedStock,
} from './stock-store.ts';

/** How reservations change in the database, with their events, and how the limit store learns of it. */
export interface ReservationLedger {
  /** Records an `inventory.updated` event for each line, in the transaction that changed it. */
  record(
    transaction: Queries,
    reservation: Omit<Reservation, 'expiresAtMs'>,
    cause: 'reserved' | 'released' | 'expired' | 'committed',
  ): Promise<void>;
  /** Writes a reservation that the limit store granted. */
  insert(transaction: Queries, taken: Reservation): Promise<void>;
  /** Locks the reservation, and ends it as `status` if it is held and `mayEnd`. `kept` is what it was before. */
  end(
    id: string,
    status: Exclude<ReservationStatus, 'held'>,
    mayEnd: (kept: Reservation) => boolean,
    also?: (transaction: Queries, kept: Reservation) => Promise<void>,
  ): Promise<{ readonly kept: Awaited<ReturnType<typeof lockReservation>>; readonly ended: boolean }>;
  /** Ends the hold in the limit store. If that fails, `expireReservations` repairs it within ten minutes. */
  settle(reservation: Pick<Reservation, 'id' | 'expiresAtMs' | 'lines'>): Promise<void>;
  refresh(productIds: readonly string[]): Promise<void>;
}

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
      // The level is read, and its event recorded, in the order in which the changes commit.
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
    async insert(transaction, taken) {
      if (await insertReservation(transaction, taken)) await ledger.record(transaction, taken, 'reserved');
    },
    end: (id, status, mayEnd, also = async () => {}) =>
      database.transaction(async (transaction) => {
        const kept = await lockReservation(transaction, id);
        if (kept === null || kept.status !== 'held' || !mayEnd(kept)) return { kept, ended: false };
        await also(transaction, kept);
        await endReservation(transaction, id, status);
        await ledger.record(transaction, kept, status);
        return { kept, ended: true };
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
