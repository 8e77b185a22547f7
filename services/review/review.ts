import { byKey, type Page, type PageRequest, pageOf } from '../http/page.ts';

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
export interface WrittenReview {
  readonly userId: string | null;
  readonly review: Review;
}

export interface ReviewStore {
  /** Newest first; null if there is no such product. */
  list(productId: string, page: PageRequest): Promise<Page<Review> | null>;
  /** Newest first. */
  listByUser(userId: string, page: PageRequest): Promise<Page<Review>>;
}

/** Reviews in this process alone. */
export function createMemoryReviewStore(
  productIds: readonly string[],
  seed: readonly WrittenReview[],
): ReviewStore {
  const known = new Set(productIds);
  const newest = (found: readonly WrittenReview[], page: PageRequest) =>
    pageOf(
      found
        .map(({ review }) => review)
        .sort(byKey(ageOf))
        .toReversed(),
      page,
      ageOf,
      'descending',
    );
  return {
    async list(productId, page) {
      if (!known.has(productId)) return null;
      return newest(
        seed.filter(({ review }) => review.productId === productId),
        page,
      );
    },
    async listByUser(userId, page) {
      return newest(
        seed.filter((written) => written.userId === userId),
        page,
      );
    },
  };
}

const ageOf = (review: Review) => `${review.createdAt} ${review.id}`;
