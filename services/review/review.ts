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

export interface ReviewStore {
  /** Newest first; null if there is no such product. */
  list(productId: string, page: PageRequest): Promise<Page<Review> | null>;
}

/** Reviews in this process alone. */
export function createMemoryReviewStore(productIds: readonly string[], seed: readonly Review[]): ReviewStore {
  const known = new Set(productIds);
  return {
    async list(productId, page) {
      if (!known.has(productId)) return null;
      const found = seed.filter((review) => review.productId === productId);
      return pageOf(found.sort(byKey(ageOf)).toReversed(), page, ageOf, 'descending');
    },
  };
}

const ageOf = (review: Review) => `${review.createdAt} ${review.id}`;
