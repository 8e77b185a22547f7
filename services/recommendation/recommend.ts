import type { Product } from '../product/product.ts';

/** A product recommended beside another product, and the reason. */
export interface Recommendation {
  readonly productId: string;
  readonly name: string;
  readonly price: Product['price'];
  readonly reason: 'same-category' | 'same-brand' | 'similar-price';
}

/**
 * The other products, most similar first: the same category, then the same brand, then the rest; within each group, the
 * smallest price difference first. Null if the product does not exist.
 */
export function recommend(products: readonly Product[], productId: string): readonly Recommendation[] | null {
  const subject = products.find((product) => product.id === productId);
  if (subject === undefined) return null;
  const distance = (product: Product) => Math.abs(product.price.amount - subject.price.amount);
  return products
    .filter((product) => product.id !== productId)
    .map((product) => ({ product, reason: reasonOf(subject, product) }))
    .sort(
      (a, b) =>
        ranks[a.reason] - ranks[b.reason] ||
        distance(a.product) - distance(b.product) ||
        (a.product.id < b.product.id ? -1 : 1),
    )
    .map(({ product, reason }) => ({
      productId: product.id,
      name: `${product.brand} ${product.name}`,
      price: product.price,
      reason,
    }));
}

const ranks = { 'same-category': 0, 'same-brand': 1, 'similar-price': 2 } as const;

function reasonOf(subject: Product, other: Product): Recommendation['reason'] {
  if (other.category === subject.category) return 'same-category';
  return other.brand === subject.brand ? 'same-brand' : 'similar-price';
}
