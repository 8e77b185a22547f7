import { byKey, type Page, type PageRequest, pageOf } from '../http/page.ts';
import type { Money } from '../money.ts';

export interface OrderItem {
  readonly productId: string;
  readonly quantity: number;
  readonly unitPrice: Money;
}

export interface Order {
  readonly id: string;
  readonly userId: string;
  readonly status: 'created' | 'paid' | 'shipped';
  readonly items: readonly OrderItem[];
  readonly total: Money;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

export interface OrderStore {
  add(order: Order): Promise<void>;
  get(id: string): Promise<Order | null>;
  /** Newest first; of one user, or of everybody. */
  list(userId: string | null, page: PageRequest): Promise<Page<Order>>;
}

/** What a product costs now; null for what is not sold. */
export type PriceOf = (productId: string) => Money | null;

/** Orders in this process alone, lost with it. */
export function createMemoryOrderStore(seed: readonly Order[]): OrderStore {
  const orders = new Map(seed.map((order) => [order.id, order]));
  return {
    async add(order) {
      orders.set(order.id, order);
    },
    async get(id) {
      return orders.get(id) ?? null;
    },
    async list(userId, page) {
      const found = [...orders.values()].filter((order) => userId === null || order.userId === userId);
      return pageOf(found.sort(byKey(ageOf)).toReversed(), page, ageOf, 'descending');
    },
  };
}

const ageOf = (order: Order) => `${order.createdAt} ${order.id}`;
