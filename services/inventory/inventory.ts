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

/** One line of an order. */
export interface OrderLine {
  readonly productId: string;
  readonly quantity: number;
}

/** What a line has changed: by how much, and what there is since. */
export interface LineChange {
  readonly level: StockLevel;
  readonly quantity: number;
}

export type HoldOutcome =
  | {
      readonly kind: 'held' | 'committed';
      /** Milliseconds since the epoch. */
      readonly expiresAtMs: number;
      /** What has changed; nothing when the order was held before. */
      readonly changes: readonly LineChange[];
    }
  /** Too little of these, or unknown; nothing is held. */
  | { readonly kind: 'short'; readonly productIds: readonly string[] };

export type CommitOutcome =
  | { readonly kind: 'committed'; readonly changes: readonly LineChange[] }
  /** Never held, released, or expired and sold since. */
  | { readonly kind: 'gone' };

export type OrderReleaseOutcome =
  | { readonly kind: 'released'; readonly changes: readonly LineChange[] }
  /** The goods are sold. */
  | { readonly kind: 'committed' };

export interface InventoryStore extends OrderHolds {
  level(productId: string): Promise<StockLevel | null>;
  /** All of the quantity or nothing, in one step: what is held never exceeds the stock. */
  reserve(reservation: Omit<Reservation, 'expiresAtMs'>): Promise<ReserveOutcome>;
  /** Adds to what can be sold. */
  deliver(productId: string, quantity: number): Promise<StockLevel | null>;
  release(productId: string, id: string, ownerId: string): Promise<ReleaseOutcome>;
  /** Clears what has expired and gives the new level of each product concerned. */
  sweep(): Promise<readonly StockLevel[]>;
}

/**
 * Stock for whole orders, each in one step: all lines or none. Every call may be repeated, and a repetition changes
 * nothing and says the same.
 */
export interface OrderHolds {
  hold(orderId: string, ownerId: string, lines: readonly OrderLine[]): Promise<HoldOutcome>;
  /** Sells what is held. What has expired is sold all the same while it is still there. */
  commit(orderId: string): Promise<CommitOutcome>;
  /** Gives back what is held, if anything is. */
  releaseOrder(orderId: string): Promise<OrderReleaseOutcome>;
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
  const orders = new Map<
    string,
    { readonly lines: readonly OrderLine[]; expiresAtMs: number; isCommitted: boolean }
  >();
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

  const changesOf = (lines: readonly OrderLine[]): LineChange[] =>
    lines.flatMap(({ productId, quantity }) => {
      const level = levelOf(productId);
      return level === null ? [] : [{ level, quantity }];
    });
  const shortOf = (lines: readonly OrderLine[]) =>
    lines
      .filter(({ productId, quantity }) => (levelOf(productId)?.available ?? 0) < quantity)
      .map(({ productId }) => productId);
  const letGo = (orderId: string, lines: readonly OrderLine[]) => {
    for (const { productId } of lines) stocks.get(productId)?.holds.delete(orderId);
  };

  return {
    async hold(orderId, ownerId, lines) {
      const known = orders.get(orderId);
      if (known !== undefined && (known.isCommitted || known.expiresAtMs > time())) {
        return {
          kind: known.isCommitted ? 'committed' : 'held',
          expiresAtMs: known.expiresAtMs,
          changes: [],
        };
      }
      const productIds = shortOf(lines);
      if (productIds.length > 0) return { kind: 'short', productIds };
      const expiresAtMs = time() + holdSeconds * 1000;
      for (const { productId, quantity } of lines) {
        stocks.get(productId)?.holds.set(orderId, { id: orderId, productId, ownerId, quantity, expiresAtMs });
      }
      orders.set(orderId, { lines, expiresAtMs, isCommitted: false });
      return { kind: 'held', expiresAtMs, changes: changesOf(lines) };
    },
    async commit(orderId) {
      const known = orders.get(orderId);
      if (known === undefined) return { kind: 'gone' };
      if (known.isCommitted) return { kind: 'committed', changes: [] };
      const { lines } = known;
      if (known.expiresAtMs <= time() && shortOf(lines).length > 0) return { kind: 'gone' };
      letGo(orderId, lines);
      for (const { productId, quantity } of lines) {
        const entry = stocks.get(productId);
        if (entry !== undefined) entry.stock -= quantity;
      }
      known.isCommitted = true;
      return { kind: 'committed', changes: changesOf(lines) };
    },
    async releaseOrder(orderId) {
      const known = orders.get(orderId);
      if (known === undefined) return { kind: 'released', changes: [] };
      if (known.isCommitted) return { kind: 'committed' };
      orders.delete(orderId);
      const wasHeld = known.expiresAtMs > time();
      letGo(orderId, known.lines);
      return { kind: 'released', changes: wasHeld ? changesOf(known.lines) : [] };
    },
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
