import { takeAdvisoryLock } from '../platform/database/advisory-lock.ts';
import type { Database, Queries } from '../platform/database/database.ts';
import { seedStatement } from '../platform/database/seed-statement.ts';
import { type Page, pageOf } from '../platform/http/pagination.ts';
import { seedProducts } from '../seed/products.ts';
import type { Product, ProductQuery, ProductStore } from './product.ts';
import { searchText } from './search-text.ts';

/**
 * The statements that create and seed the table of the product service. In `search`, the name weighs more than brand and
 * category, and those weigh more than the description.
 */
export const productTables: readonly string[] = [
  `create table products (
    id text collate "C" primary key,
    brand text not null,
    name text not null,
    category text not null,
    description text not null,
    price_amount bigint not null,
    price_currency text not null,
    search tsvector not null generated always as (
      setweight(to_tsvector('english', name), 'A') ||
      setweight(to_tsvector('english', brand || ' ' || category), 'B') ||
      setweight(to_tsvector('english', description), 'C')
    ) stored
  )`,
  'create index products_search on products using gin (search)',
  'create index products_of_category on products (category, id)',
  seedStatement(
    'products',
    {
      id: 'text',
      brand: 'text',
      name: 'text',
      category: 'text',
      description: 'text',
      price_amount: 'bigint',
      price_currency: 'text',
    },
    seedProducts.map(({ product: { price, ...product } }) => ({
      ...product,
      price_amount: price.amount,
      price_currency: price.currency,
    })),
  ),
];

interface Row {
  readonly id: string;
  readonly brand: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly price_amount: string;
  readonly price_currency: string;
}

/** Products in PostgreSQL. */
export function createProductStore(database: Database): ProductStore {
  return {
    get: (id) => getProduct(database, id),
    list: ({ q = '', ...query }) =>
      q.trim() === '' ? listProducts(database, query) : searchProducts(database, { ...query, q }),
    change: (id, run) =>
      database.transaction(async (transaction) => {
        await takeAdvisoryLock(transaction, `product ${id}`);
        const { product, result } = run(await getProduct(transaction, id));
        if (product !== null) await putProduct(transaction, product);
        return result;
      }),
  };
}

async function getProduct(queries: Queries, id: string): Promise<Product | null> {
  const [row] = await queries.query<Row>('select * from products where id = $1', [id]);
  return row === undefined ? null : productOf(row);
}

async function putProduct(transaction: Queries, product: Product): Promise<void> {
  const { id, brand, name, category, description, price } = product;
  await transaction.query(
    `insert into products (id, brand, name, category, description, price_amount, price_currency)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (id) do update set brand = excluded.brand, name = excluded.name, category = excluded.category,
       description = excluded.description, price_amount = excluded.price_amount,
       price_currency = excluded.price_currency`,
    [id, brand, name, category, description, price.amount, price.currency],
  );
}

/** A page of products, sorted by id. */
async function listProducts(database: Database, query: ProductQuery): Promise<Page<Product>> {
  const rows = await database.query<Row>(
    `select * from products
     where ($1::text is null or category = $1) and ($2::text is null or id > $2)
     order by id limit $3`,
    [query.category ?? null, query.cursor ?? null, query.limit + 1],
  );
  return pageOf(rows.map(productOf), { limit: query.limit }, ({ id }) => id);
}

/**
 * A page of the products that match a search: best first, equal ranks by id. `place` is the sort key of pages: the
 * inverted rank and the id, as text that sorts in this order.
 */
async function searchProducts(
  database: Database,
  query: ProductQuery & { readonly q: string },
): Promise<Page<Product>> {
  const rows = await database.query<Row & { readonly place: string }>(
    `select * from (
       select products.*,
         to_char(1000000 - ts_rank(search, wanted) * 1000000, 'FM0000000') || ' ' || id collate "C" as place
       from products, websearch_to_tsquery('english', $1) as wanted
       where search @@ wanted and ($2::text is null or category = $2)
     ) as found
     where $3::text is null or place > $3
     order by place limit $4`,
    [searchText(query.q), query.category ?? null, query.cursor ?? null, query.limit + 1],
  );
  const { items, nextCursor } = pageOf(rows, { limit: query.limit }, ({ place }) => place);
  return { items: items.map(productOf), nextCursor };
}

function productOf(row: Row): Product {
  const { id, brand, name, category, description } = row;
  const price = { amount: Number(row.price_amount), currency: row.price_currency };
  return { id, brand, name, category, description, price };
}
