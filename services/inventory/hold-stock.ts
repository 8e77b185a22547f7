import type { Queries } from '../platform/database/database.ts';
import type { HoldOutcome, InventoryPorts, TooManyHeld } from './inventory.ts';
import type { ReservationLedger } from './reservation-ledger.ts';
import { byProduct, type Reservation } from './stock.ts';
import { findReservation, lockUnitsHeldBy } from './stock-store.ts';

/** Implements `Inventory.hold`. */
export async function holdStock(
  { database, holds, maxUnitsPerOwner, nowMs, onRecorded }: InventoryPorts,
  ledger: ReservationLedger,
  { lines: unsorted, ...wanted }: Omit<Reservation, 'expiresAtMs'>,
  within: Queries | undefined,
): Promise<HoldOutcome | TooManyHeld> {
  const lines = unsorted.toSorted(byProduct);
  const known = await findReservation(within ?? database, wanted.id);
  if (known?.status === 'committed') return { kind: 'committed', expiresAtMs: known.expiresAtMs };
  if (known?.status === 'held' && known.expiresAtMs > nowMs()) {
    return { kind: 'held', expiresAtMs: known.expiresAtMs };
  }
  const take = async (transaction: Queries): Promise<HoldOutcome | TooManyHeld> => {
    const held = await lockUnitsHeldBy(transaction, wanted, nowMs());
    const units = lines.reduce((sum, { quantity }) => sum + quantity, 0);
    if (held + units > maxUnitsPerOwner) return { kind: 'too-much', held, max: maxUnitsPerOwner };
    const taken = await holds.take(wanted.id, lines, 0, transaction);
    if (taken.kind === 'short') return taken;
    const { expiresAtMs } = taken;
    await ledger.insert(transaction, { ...wanted, lines, expiresAtMs });
    return { kind: 'held', expiresAtMs };
  };
  if (within !== undefined) return await take(within);
  const outcome = await database.transaction(take);
  if (outcome.kind === 'held') onRecorded();
  return outcome;
}
