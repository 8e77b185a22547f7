import type { Queries } from '../platform/database/database.ts';
import type { CommitOutcome, InventoryPorts } from './inventory.ts';
import type { ReservationLedger } from './reservation-ledger.ts';
import { changeUnits, findReservation } from './stock-store.ts';

/** A hold must outlast its sale, so that the limit store never frees the units before it learns of the sale. */
const minSecondsToSell = 30;

class HoldExpired extends Error {}

/** Sells what a reservation holds: `Inventory.commit`. */
export async function commitReservation(
  { database, holds, nowMs, onRecorded }: InventoryPorts,
  ledger: ReservationLedger,
  id: string,
): Promise<CommitOutcome> {
  const known = await findReservation(database, id);
  if (known === null || known.status === 'released') return { kind: 'gone' };
  const { lines } = known;
  const lastsLongEnough = known.status === 'held' && known.expiresAtMs - nowMs() >= minSecondsToSell * 1000;
  if (known.status !== 'committed' && !lastsLongEnough) {
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
    const { kept, ended } = await ledger.end(id, 'committed', () => true, sell);
    if (kept === null || (!ended && kept.status !== 'committed')) return { kind: 'gone' };
    await ledger.settle(kept);
  } catch (error) {
    if (!(error instanceof HoldExpired)) throw error;
    return { kind: 'gone' };
  }
  onRecorded();
  return { kind: 'committed' };
}
