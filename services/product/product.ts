import { byKey, type Page, type PageRequest, pageOf } from '../http/page.ts';
import type { Money } from '../money.ts';

export interface Product {
  readonly id: string;
  readonly brand: string;
  readonly name: string;
  readonly category: string;
  readonly description: string;
  readonly price: Money;
}

export interface ProductQuery extends PageRequest {
  /** Every word must occur in brand, name, category or description; case does not matter. */
  readonly q?: string | undefined;
  readonly category?: string | undefined;
}

export interface ProductStore {
  get(id: string): Promise<Product | null>;
  list(query: ProductQuery): Promise<Page<Product>>;
  put(product: Product): Promise<void>;
}

/** Products in this process alone, lost with it: changes are not seen by another task. */
export function createMemoryProductStore(seed: readonly Product[]): ProductStore {
  const products = new Map(seed.map((product) => [product.id, product]));
  return {
    async get(id) {
      return products.get(id) ?? null;
    },
    async list(query) {
      const words = query.q?.toLowerCase().split(/\s+/).filter(Boolean) ?? [];
      const found = [...products.values()].filter(
        (product) =>
          (query.category === undefined || product.category === query.category) &&
          words.every((word) => searchText(product).includes(word)),
      );
      return pageOf(found.sort(byKey(idOf)), query, idOf);
    },
    async put(product) {
      products.set(product.id, product);
    },
  };
}

const idOf = (product: Product) => product.id;

function searchText({ brand, name, category, description }: Product): string {
  return `${brand} ${name} ${category} ${description}`.toLowerCase();
}
