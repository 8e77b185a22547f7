import type { Page, PageRequest } from '../platform/http/pagination.ts';

/** A customer's review of a product. */
export interface Review {
  readonly id: string;
  readonly productId: string;
  readonly author: string;
  readonly rating: 1 | 2 | 3 | 4 | 5;
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** A review and the id of its author's account, which is not shown to readers. */
export interface ReviewWithAuthor {
  readonly userId: string | null;
  readonly review: Review;
}

/** Storage of reviews. */
export interface ReviewStore {
  /** The reviews of a product, newest first; null if the product does not exist. */
  list(productId: string, page: PageRequest): Promise<Page<Review> | null>;
  /** The reviews of a user, newest first. */
  listByUser(userId: string, page: PageRequest): Promise<Page<Review>>;
}
