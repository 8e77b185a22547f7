/** A customer's profile. */
export interface User {
  readonly id: string;
  readonly displayName: string;
  /** The address in the identity provider's token; null if the token has none. */
  readonly email: string | null;
  /** BCP 47, such as `fr-FR`. */
  readonly locale: string;
}

/** A product in a cart, and its quantity. */
export interface CartItem {
  readonly productId: string;
  readonly quantity: number;
}

/** A product on a wish list. */
export interface WishlistItem {
  readonly productId: string;
  /** ISO 8601, UTC. */
  readonly addedAt: string;
}

/** Carts and wish lists by user id. A user without an entry has an empty cart and an empty wish list. */
export interface CartsAndWishlists {
  readonly carts: Readonly<Record<string, readonly CartItem[]>>;
  readonly wishLists: Readonly<Record<string, readonly WishlistItem[]>>;
}

/** The profile to write, or null to write nothing, and the result that `change` returns to its caller. */
export interface UserChange<T> {
  readonly user: User | null;
  readonly result: T;
}

/** Storage of profiles, carts and wish lists. */
export interface UserStore {
  get(id: string): Promise<User | null>;
  /** Changes or creates a profile under a lock. `current` is null if the profile does not exist. */
  change<T>(id: string, run: (current: User | null) => UserChange<T>): Promise<T>;
  /** In the order in which the customer added the items. */
  cart(userId: string): Promise<readonly CartItem[]>;
  wishList(userId: string): Promise<readonly WishlistItem[]>;
}
