import type { Page, PageRequest } from '../platform/http/pagination.ts';
import type { Money } from '../platform/money.ts';

export interface Product {
  readonly id: string;
  readonly brand: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly price: Money;
}

export interface ProductQuery extends PageRequest {
  /**
   * Words in any form ("folding" finds "fold"), all of which must occur in name, brand, category or description; `or`,
   * `"a phrase"` and `-without` as search engines know them. The best come first; without it, all by id.
   */
  readonly q?: string | undefined;
  readonly category?: string | undefined;
}

/** What becomes of a product, null for nothing, and what its changer has to say. */
export interface ProductChange<T> {
  readonly product: Product | null;
  readonly result: T;
}

export interface ProductStore {
  get(id: string): Promise<Product | null>;
  list(query: ProductQuery): Promise<Page<Product>>;
  /** Changes a product, or makes it (null), while nobody else does. */
  change<T>(id: string, run: (current: Product | null) => ProductChange<T>): Promise<T>;
}
