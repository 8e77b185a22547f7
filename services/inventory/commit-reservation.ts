import type { Queries } from '../platform/database/database.ts';
import type { CommitOutcome, InventoryPorts } from './inventory.ts';
import type { ReservationLedger } from './reservation-ledger.ts';
import { changeUnits, findReservation } from './stock-store.ts';

/** A hold must last longer than the commit takes, so that the limit store does not free units that are being sold. */
const minSecondsToSell = 30;

class HoldExpired extends Error {}

/** Implements `Inventory.commit`. */
export async function commitReservation(
  { database, holds, nowMs, onRecorded }: InventoryPorts,
  ledger: ReservationLedger,
  id: string,
): Promise<CommitOutcome> {
  const known = await findReservation(database, id);
  if (known === null || known.status === 'released') return { kind: 'gone' };
  const { lines } = known;
  const isLongEnough = known.status === 'held' && known.expiresAtMs - nowMs() >= minSecondsToSell * 1000;
  if (known.status !== 'committed' && !isLongEnough) {
    const taken = await holds.take(id, lines, minSecondsToSell, database);
    if (taken.kind === 'short') return { kind: 'gone' };
    await database.transaction((transaction) =>
      ledger.insert(transaction, { ...known, expiresAtMs: taken.expiresAtMs }),
    );
  }
  const sell = async (transaction: Queries) => {
    for (const { productId, quantity } of lines) {
      if (!(await changeUnits(transaction, productId, -quantity))) throw new HoldExpired();
    }
  };
  try {
    const { reservation, ended } = await ledger.end(id, 'committed', () => true, sell);
    if (reservation === null || (!ended && reservation.status !== 'committed')) return { kind: 'gone' };
    await ledger.settle(reservation);
  } catch (error) {
    if (!(error instanceof HoldExpired)) throw error;
    return { kind: 'gone' };
  }
  onRecorded();
  return { kind: 'committed' };
}
