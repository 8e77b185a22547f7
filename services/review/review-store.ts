import type { Database } from '../platform/database/database.ts';
import { seedStatement } from '../platform/database/seed-statement.ts';
import { type Page, type PageRequest, pageOf } from '../platform/http/pagination.ts';
import { seedReviews } from '../seed/customers.ts';
import { seedProducts } from '../seed/products.ts';
import type { Review, ReviewStore } from './review.ts';

const ageOf = ({ createdAt, id }: Review) => `${createdAt} ${id}`;

/**
 * The statements that create and seed the tables of the review service. `products` holds the products that can be
 * reviewed. `age` is the sort key of pages: the creation time in ISO 8601 and the id.
 */
export const reviewTables: readonly string[] = [
  'create table products (id text primary key)',
  `create table reviews (
    id text primary key,
    product_id text not null,
    user_id text,
    author text not null,
    rating int not null check (rating between 1 and 5),
    text text not null,
    created_at timestamptz not null,
    age text collate "C" not null
  )`,
  'create index reviews_of_product on reviews (product_id, age desc)',
  'create index reviews_of_user on reviews (user_id, age desc)',
  seedStatement(
    'products',
    { id: 'text' },
    seedProducts.map(({ product: { id } }) => ({ id })),
  ),
  seedStatement(
    'reviews',
    {
      id: 'text',
      product_id: 'text',
      user_id: 'text',
      author: 'text',
      rating: 'int',
      text: 'text',
      created_at: 'timestamptz',
      age: 'text',
    },
    seedReviews.map(({ userId, review }) => ({
      id: review.id,
      product_id: review.productId,
      user_id: userId,
      author: review.author,
      rating: review.rating,
      text: review.text,
      created_at: review.createdAt,
      age: ageOf(review),
    })),
  ),
];

interface Row {
  readonly id: string;
  readonly product_id: string;
  readonly author: string;
  readonly rating: Review['rating'];
  readonly text: string;
  readonly created_at: Date;
}

/** Reviews in PostgreSQL. */
export function createReviewStore(database: Database): ReviewStore {
  const listNewestFirst = async (
    column: 'product_id' | 'user_id',
    value: string,
    { limit, cursor }: PageRequest,
  ): Promise<Page<Review>> => {
    const rows = await database.query<Row>(
      `select * from reviews where ${column} = $1 and ($2::text is null or age < $2)
       order by age desc limit $3`,
      [value, cursor ?? null, limit + 1],
    );
    return pageOf(rows.map(reviewOf), { limit }, ageOf, 'descending');
  };
  return {
    async list(productId, page) {
      const known = await database.query('select 1 from products where id = $1', [productId]);
      return known.length === 0 ? null : await listNewestFirst('product_id', productId, page);
    },
    listByUser: (userId, page) => listNewestFirst('user_id', userId, page),
  };
}

function reviewOf(row: Row): Review {
  return {
    id: row.id,
    productId: row.product_id,
    author: row.author,
    rating: row.rating,
    text: row.text,
    createdAt: row.created_at.toISOString(),
  };
}
