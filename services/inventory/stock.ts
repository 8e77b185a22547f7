/** The units of a product: `available` can be sold, `reserved` are held. */
export interface StockLevel {
  readonly productId: string;
  readonly available: number;
  readonly reserved: number;
}

/** One line of a reservation. */
export interface StockLine {
  readonly productId: string;
  readonly quantity: number;
}

/** Stock that is held for a buyer, all lines or none. It ends when it expires, is released or is sold. */
export interface Reservation {
  readonly id: string;
  /** Null for a reservation without an order. */
  readonly orderId: string | null;
  /** The user, or the client that calls without a user. */
  readonly ownerId: string;
  /** Sorted by product, each product once. */
  readonly lines: readonly StockLine[];
  /** Milliseconds since the epoch. From then on, the stock is available again. */
  readonly expiresAtMs: number;
}

/** The units of a product that are not sold, and the version of this state. */
export interface StockState {
  readonly productId: string;
  readonly units: number;
  /** Increases with each change. */
  readonly version: number;
}

/** The time to pay. A hold expires up to `holdStepSeconds` later, at a multiple of that step. */
export const holdSeconds = 15 * 60;
export const holdStepSeconds = 5;

export const byProduct = (a: StockLine, b: StockLine) => (a.productId < b.productId ? -1 : 1);
