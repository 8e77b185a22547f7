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
export interface Wish {
  readonly productId: string;
  /** ISO 8601, UTC. */
  readonly addedAt: string;
}

/** What a customer has put aside, by user; who has none has empty ones. */
export interface Shelves {
  readonly carts: Readonly<Record<string, readonly CartItem[]>>;
  readonly wishLists: Readonly<Record<string, readonly Wish[]>>;
}

export interface UserStore {
  get(id: string): Promise<User | null>;
  put(user: User): Promise<void>;
}

/** Profiles in this process alone, lost with it. */
export function createMemoryUserStore(seed: readonly User[]): UserStore {
  const users = new Map(seed.map((user) => [user.id, user]));
  return {
    async get(id) {
      return users.get(id) ?? null;
    },
    async put(user) {
      users.set(user.id, user);
    },
  };
}
