import type { Database, Queries } from '../platform/database/database.ts';
import type { Log } from '../platform/log.ts';
import type { RecordEvent } from '../platform/outbox/outbox.ts';
import type { Reservation, StockLevel } from './stock.ts';
import type { StockHolds } from './stock-holds.ts';

/** The outcome of holding stock. */
export type HoldOutcome =
  | { readonly kind: 'held'; readonly expiresAtMs: number }
  /** The reservation was sold before. */
  | { readonly kind: 'committed'; readonly expiresAtMs: number }
  /** Not enough stock of these products, or unknown products; nothing is held. */
  | {
      readonly kind: 'short';
      readonly productIds: readonly string[];
      readonly levels: readonly StockLevel[];
    };

/** The owner would hold more units than allowed at once; nothing is held. */
export interface TooManyHeld {
  readonly kind: 'too-much';
  /** Units that the owner holds already, and the maximum. */
  readonly held: number;
  readonly max: number;
}

/** The outcome of selling a reservation. */
export type CommitOutcome =
  | { readonly kind: 'committed' }
  /** The stock was never held, was released, or expired and was sold to others. */
  | { readonly kind: 'gone' };

/** The outcome of releasing a reservation. */
export type ReleaseOutcome =
  | { readonly kind: 'released' }
  /** Expired, released before, owned by another caller, or unknown. */
  | { readonly kind: 'not-held' }
  /** The units are sold. */
  | { readonly kind: 'committed' };

/** A caller's reservation of one product, made outside an order. */
export interface OwnedReservation {
  readonly ownerId: string;
  readonly productId: string;
}

/** Stock and its reservations. Every call may be repeated: a repetition changes nothing and has the same result. */
export interface Inventory {
  /** From the limit store, or from the database while the limit store is unavailable. Null for an unknown product. */
  level(productId: string): Promise<StockLevel | null>;
  /**
   * Holds all lines or none.
   *
   * @param within the caller's transaction; the caller then announces the recorded events itself.
   */
  hold(wanted: Omit<Reservation, 'expiresAtMs'>, within?: Queries): Promise<HoldOutcome | TooManyHeld>;
  /** Sells the units of a reservation. An expired reservation is sold too if its units are still available. */
  commit(id: string): Promise<CommitOutcome>;
  /** Releases the units of a reservation. @param only the owner and product that it must have; any if left out. */
  release(id: string, only?: OwnedReservation): Promise<ReleaseOutcome>;
  /** Adds units for sale. Call `refresh` when the transaction has ended. */
  deliver(transaction: Queries, productId: string, quantity: number): Promise<StockLevel | null>;
  /** Loads the stock of these products from the database into the limit store. */
  refresh(productIds: readonly string[]): Promise<void>;
  /** Ends expired reservations, and loads recently changed products into the limit store again. */
  expireReservations(): Promise<void>;
}

/** What the inventory needs. */
export interface InventoryPorts {
  readonly database: Database;
  readonly holds: StockHolds;
  readonly recordEvent: RecordEvent;
  /** Units that one owner may hold at once. */
  readonly maxUnitsPerOwner: number;
  readonly nowMs: () => number;
  readonly log: Log;
  /** Called when there are events to publish. */
  readonly onRecorded: () => void;
}
