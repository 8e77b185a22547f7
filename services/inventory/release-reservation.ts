import type { InventoryPorts, OwnedReservation, ReleaseOutcome } from './inventory.ts';
import type { ReservationLedger } from './reservation-ledger.ts';
import type { Reservation } from './stock.ts';

/** Implements `Inventory.release`. */
export async function releaseReservation(
  { nowMs, onRecorded }: InventoryPorts,
  ledger: ReservationLedger,
  id: string,
  only: OwnedReservation | undefined,
): Promise<ReleaseOutcome> {
  const isAllowed = ({ orderId, ownerId, lines }: Reservation) =>
    only === undefined ||
    (orderId === null &&
      ownerId === only.ownerId &&
      lines.every(({ productId }) => productId === only.productId));
  const now = nowMs();
  const { reservation, ended } = await ledger.end(
    id,
    'released',
    (held) => isAllowed(held) && held.expiresAtMs > now,
  );
  if (reservation === null || !isAllowed(reservation)) return { kind: 'not-held' };
  if (reservation.status === 'committed') return { kind: 'committed' };
  await ledger.settle(reservation);
  onRecorded();
  return { kind: ended ? 'released' : 'not-held' };
}
