export interface User {
  readonly id: string;
  readonly displayName: string;
  /** As the identity provider says it; null if it says none. */
  readonly email: string | null;
  /** BCP 47, such as `fr-FR`. */
  readonly locale: string;
}

/** How many of a product somebody means to buy. */
export interface CartItem {
  readonly productId: string;
  readonly quantity: number;
}

/** A product that somebody would like to have. */
export interface WishlistItem {
  readonly productId: string;
  /** ISO 8601, UTC. */
  readonly addedAt: string;
}

/** What a customer has put aside, by user; who has none has empty ones. */
export interface CartsAndWishlists {
  readonly carts: Readonly<Record<string, readonly CartItem[]>>;
  readonly wishLists: Readonly<Record<string, readonly WishlistItem[]>>;
}

/** What becomes of a profile, null for nothing, and what its changer has to say. */
export interface UserChange<T> {
  readonly user: User | null;
  readonly result: T;
}

export interface UserStore {
  get(id: string): Promise<User | null>;
  /** Changes a profile, or makes it (null), while nobody else does. */
  change<T>(id: string, run: (current: User | null) => UserChange<T>): Promise<T>;
  /** In the order in which they were put there. */
  cart(userId: string): Promise<readonly CartItem[]>;
  wishList(userId: string): Promise<readonly WishlistItem[]>;
}
