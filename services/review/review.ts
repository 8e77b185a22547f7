import type { Page, PageRequest } from '../platform/http/pagination.ts';

export interface Review {
  readonly id: string;
  readonly productId: string;
  readonly author: string;
  readonly rating: 1 | 2 | 3 | 4 | 5;
  readonly text: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** A review and whose it is, which readers are not told. */
export interface ReviewWithAuthor {
  readonly userId: string | null;
  readonly review: Review;
}

export interface ReviewStore {
  /** Newest first; null if there is no such product. */
  list(productId: string, page: PageRequest): Promise<Page<Review> | null>;
  /** Newest first. */
  listByUser(userId: string, page: PageRequest): Promise<Page<Review>>;
}
