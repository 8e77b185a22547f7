import type { InventoryPorts } from './inventory.ts';
import type { ReservationLedger } from './reservation-ledger.ts';
import { changedProducts, endReservation, lockExpired, lockProducts } from './stock-store.ts';

const maxExpiredAtOnce = 200;
/** Longer than ECS takes to replace a task that crashed. */
const refreshMinutes = 10;

/** Implements `Inventory.expireReservations`. */
export async function expireReservations(
  { database, nowMs, onRecorded }: InventoryPorts,
  ledger: ReservationLedger,
): Promise<void> {
  const expired = await database.transaction(async (transaction) => {
    const reservations = await lockExpired(transaction, nowMs(), maxExpiredAtOnce);
    const lines = reservations.flatMap((reservation) => reservation.lines);
    await lockProducts(
      transaction,
      lines.map(({ productId }) => productId),
    );
    for (const reservation of reservations) {
      await endReservation(transaction, reservation.id, 'expired');
      await ledger.record(transaction, reservation, 'expired');
    }
    return reservations;
  });
  for (const reservation of expired) await ledger.settle(reservation);
  if (expired.length > 0) onRecorded();
  await ledger.refresh(await changedProducts(database, refreshMinutes));
}
