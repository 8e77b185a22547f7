import { UnavailableError } from '../platform/unavailable.ts';
import { commitReservation } from './commit-reservation.ts';
import { expireReservations } from './expire-reservations.ts';
import { holdStock } from './hold-stock.ts';
import type { Inventory, InventoryPorts } from './inventory.ts';
import { releaseReservation } from './release-reservation.ts';
import { createReservationLedger } from './reservation-ledger.ts';
import { changeUnits, levelsOf } from './stock-store.ts';

/**
 * The limit store grants holds in one step, without a lock; the database is the source of truth. A hold is granted in the
 * limit store first and then written to the database; it ends in the opposite order. After a crash in between, the limit
 * store holds too many units for a while, never too few.
 */
export function createInventory(ports: InventoryPorts): Inventory {
  const { database, holds, nowMs } = ports;
  const ledger = createReservationLedger(ports);
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
    refresh: (productIds) => ledger.refresh(productIds),
    hold: (wanted, within) => holdStock(ports, ledger, wanted, within),
    commit: (id) => commitReservation(ports, ledger, id),
    release: (id, only) => releaseReservation(ports, ledger, id, only),
    async deliver(transaction, productId, quantity) {
      if (!(await changeUnits(transaction, productId, quantity))) return null;
      const [state] = await levelsOf(transaction, [productId], nowMs());
      if (state === undefined) return null;
      const { available, reserved } = state;
      const level = { productId, available, reserved };
      await ports.recordEvent(transaction, 'inventory.updated', productId, { ...level, cause: 'delivered' });
      return level;
    },
    expireReservations: () => expireReservations(ports, ledger),
  };
}
