/** What of a product can be sold now, and what is held for buyers. */
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

/** Stock that is held for a buyer, all lines or none, until it expires, is released or is sold. */
export interface Reservation {
  readonly id: string;
  /** Null for what somebody holds without an order. */
  readonly orderId: string | null;
  /** The user, or the client that acts without one. */
  readonly ownerId: string;
  /** Each product once, sorted. */
  readonly lines: readonly StockLine[];
  /** Milliseconds since the epoch; from then on the stock is free again. */
  readonly expiresAtMs: number;
}

/** Units of a product in the warehouse, sold ones taken off, and the state that this is. */
export interface StockState {
  readonly productId: string;
  readonly units: number;
  /** Grows with each change. */
  readonly version: number;
}

/** Time enough to pay; then others may buy. A hold ends up to `holdStepSeconds` later, at a multiple of them. */
export const holdSeconds = 15 * 60;
export const holdStepSeconds = 5;

export const byProduct = (a: StockLine, b: StockLine) => (a.productId < b.productId ? -1 : 1);
