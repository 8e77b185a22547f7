import { takeAdvisoryLock } from '../platform/database/advisory-lock.ts';
import type { Database, Queries } from '../platform/database/database.ts';
import { seedStatement } from '../platform/database/seed-statement.ts';
import { seedCartsAndWishlists, seedUsers } from '../seed/customers.ts';
import type { User, UserStore } from './user.ts';

/** The rows of all users' lists, each with its position in its list. */
const rowsOf = <Item>(lists: Readonly<Record<string, readonly Item[]>>, row: (item: Item) => object) =>
  Object.entries(lists).flatMap(([userId, items]) =>
    items.map((item, place) => ({ user_id: userId, place, ...row(item) })),
  );

/** The statements that create and seed the tables of the user service. */
export const userTables: readonly string[] = [
  `create table users (
    id text collate "C" primary key,
    display_name text not null,
    email text,
    locale text not null
  )`,
  `create table cart_items (
    user_id text not null,
    place int not null,
    product_id text not null,
    quantity int not null check (quantity > 0),
    primary key (user_id, place)
  )`,
  `create table wishes (
    user_id text not null,
    place int not null,
    product_id text not null,
    added_at timestamptz not null,
    primary key (user_id, place)
  )`,
  seedStatement(
    'users',
    { id: 'text', display_name: 'text', email: 'text', locale: 'text' },
    seedUsers.map(({ displayName, ...user }) => ({ ...user, display_name: displayName })),
  ),
  seedStatement(
    'cart_items',
    { user_id: 'text', place: 'int', product_id: 'text', quantity: 'int' },
    rowsOf(seedCartsAndWishlists.carts, ({ productId, quantity }) => ({ product_id: productId, quantity })),
  ),
  seedStatement(
    'wishes',
    { user_id: 'text', place: 'int', product_id: 'text', added_at: 'timestamptz' },
    rowsOf(seedCartsAndWishlists.wishLists, ({ productId, addedAt }) => ({
      product_id: productId,
      added_at: addedAt,
    })),
  ),
];

/** Profiles, carts and wish lists in PostgreSQL. */
export function createUserStore(database: Database): UserStore {
  return {
    get: (id) => getUser(database, id),
    change: (id, run) =>
      database.transaction(async (transaction) => {
        await takeAdvisoryLock(transaction, `user ${id}`);
        const { user, result } = run(await getUser(transaction, id));
        if (user !== null) await putUser(transaction, user);
        return result;
      }),
    async cart(userId) {
      const rows = await database.query<{ product_id: string; quantity: number }>(
        'select product_id, quantity from cart_items where user_id = $1 order by place',
        [userId],
      );
      return rows.map((row) => ({ productId: row.product_id, quantity: row.quantity }));
    },
    async wishList(userId) {
      const rows = await database.query<{ product_id: string; added_at: Date }>(
        'select product_id, added_at from wishes where user_id = $1 order by place',
        [userId],
      );
      return rows.map((row) => ({ productId: row.product_id, addedAt: row.added_at.toISOString() }));
    },
  };
}

/** Returns the fields in the same order as the response to `PUT`: the entity tag is a hash of the JSON text. */
async function getUser(queries: Queries, id: string): Promise<User | null> {
  const [row] = await queries.query<{
    id: string;
    display_name: string;
    email: string | null;
    locale: string;
  }>('select * from users where id = $1', [id]);
  return row === undefined
    ? null
    : { id: row.id, displayName: row.display_name, locale: row.locale, email: row.email };
}

async function putUser(transaction: Queries, { id, displayName, email, locale }: User): Promise<void> {
  await transaction.query(
    `insert into users (id, display_name, email, locale) values ($1, $2, $3, $4)
     on conflict (id) do update set display_name = excluded.display_name, email = excluded.email,
       locale = excluded.locale`,
    [id, displayName, email, locale],
  );
}
