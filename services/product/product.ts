import type { Page, PageRequest } from '../platform/http/pagination.ts';
import type { Money } from '../platform/money.ts';

/** A product of the catalogue. */
export interface Product {
  readonly id: string;
  readonly brand: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly price: Money;
}

/** A page of products, optionally searched and filtered. */
export interface ProductQuery extends PageRequest {
  /**
   * Search words in any inflection ("folding" finds "fold"). All of them must occur in name, brand, category or
   * description. `or`, `"a phrase"` and `-without` work as in search engines. The best matches come first. Without `q`,
   * products are sorted by id.
   */
  readonly q?: string | undefined;
  readonly category?: string | undefined;
}

/** The product to write, or null to write nothing, and the result that `change` returns to its caller. */
export interface ProductChange<T> {
  readonly product: Product | null;
  readonly result: T;
}

/** Storage of products. */
export interface ProductStore {
  get(id: string): Promise<Product | null>;
  list(query: ProductQuery): Promise<Page<Product>>;
  /** Changes or creates a product under a lock. `current` is null if the product does not exist. */
  change<T>(id: string, run: (current: Product | null) => ProductChange<T>): Promise<T>;
}
