export interface User {
  readonly id: string;
  readonly displayName: string;
  /** As the identity provider says it; null if it says none. */
  readonly email: string | null;
  /** BCP 47, such as `fr-FR`. */
  readonly locale: string;
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
