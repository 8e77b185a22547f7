/** What of a product can be sold now, and what is held for buyers. */
export interface StockLevel {
  readonly productId: string;
  readonly available: number;
  readonly reserved: number;
}

/** Stock that is held for a buyer until it expires. */
export interface Reservation {
  readonly id: string;
  readonly productId: string;
  /** The user, or the client that acts without one. */
  readonly ownerId: string;
  readonly quantity: number;
  /** Milliseconds since the epoch; from then on the stock is free again. */
  readonly expiresAtMs: number;
}

export type ReserveOutcome =
  | { readonly kind: 'reserved'; readonly reservation: Reservation; readonly level: StockLevel }
  | { readonly kind: 'short'; readonly level: StockLevel }
  | { readonly kind: 'unknown-product' };

export type ReleaseOutcome =
  | { readonly kind: 'released'; readonly level: StockLevel }
  /** Expired, released before, or somebody else's. */
  | { readonly kind: 'not-held' };

export interface InventoryStore {
  level(productId: string): Promise<StockLevel | null>;
  /** All of the quantity or nothing, in one step: what is held never exceeds the stock. */
  reserve(reservation: Omit<Reservation, 'expiresAtMs'>): Promise<ReserveOutcome>;
  /** Adds to what can be sold. */
  deliver(productId: string, quantity: number): Promise<StockLevel | null>;
  release(productId: string, id: string, ownerId: string): Promise<ReleaseOutcome>;
  /** Clears what has expired and gives the new level of each product concerned. */
  sweep(): Promise<readonly StockLevel[]>;
}

/** Time enough to pay; then others may buy. */
export const holdSeconds = 15 * 60;

/**
 * Stock in this process alone, lost with it: each step runs without a pause, which is what makes it atomic here. Two
 * tasks would each sell the whole stock, so run one until the store keeps its stock in a shared place.
 */
export function createMemoryInventoryStore(
  seed: readonly { readonly productId: string; readonly stock: number }[],
  nowMs: () => number,
): InventoryStore {
  const stocks = new Map(
    seed.map(({ productId, stock }) => [productId, { stock, holds: new Map<string, Reservation>() }]),
  );
  let latestMs = 0;
  /** Never goes back, so that a hold which has expired, and may be another's by now, stays so. */
  const time = () => {
    latestMs = Math.max(latestMs, nowMs());
    return latestMs;
  };

  const levelOf = (productId: string): StockLevel | null => {
    const entry = stocks.get(productId);
    if (entry === undefined) return null;
    const now = time();
    let reserved = 0;
    for (const hold of entry.holds.values()) if (hold.expiresAtMs > now) reserved += hold.quantity;
    return { productId, available: entry.stock - reserved, reserved };
  };

  return {
    async level(productId) {
      return levelOf(productId);
    },
    async reserve(wanted) {
      const entry = stocks.get(wanted.productId);
      const level = levelOf(wanted.productId);
      if (entry === undefined || level === null) return { kind: 'unknown-product' };
      if (level.available < wanted.quantity) return { kind: 'short', level };
      const reservation = { ...wanted, expiresAtMs: time() + holdSeconds * 1000 };
      entry.holds.set(reservation.id, reservation);
      return {
        kind: 'reserved',
        reservation,
        level: {
          ...level,
          available: level.available - wanted.quantity,
          reserved: level.reserved + wanted.quantity,
        },
      };
    },
    async deliver(productId, quantity) {
      const entry = stocks.get(productId);
      if (entry !== undefined) entry.stock += quantity;
      return levelOf(productId);
    },
    async release(productId, id, ownerId) {
      const holds = stocks.get(productId)?.holds;
      const hold = holds?.get(id);
      if (hold === undefined || hold.ownerId !== ownerId || hold.expiresAtMs <= time())
        return { kind: 'not-held' };
      holds?.delete(id);
      const level = levelOf(productId);
      return level === null ? { kind: 'not-held' } : { kind: 'released', level };
    },
    async sweep() {
      const now = time();
      const changed = new Set<string>();
      for (const [productId, { holds }] of stocks) {
        for (const hold of holds.values()) {
          if (hold.expiresAtMs > now) continue;
          holds.delete(hold.id);
          changed.add(productId);
        }
      }
      return [...changed].flatMap((productId) => levelOf(productId) ?? []);
    },
  };
}
