import { carrierRoutes } from './carrier/routes.ts';
import type { Publish } from './events/publish.ts';
import type { ServiceApp } from './http/app.ts';
import { createMemoryIdempotencyStore } from './http/idempotency.ts';
import { createMemoryInventoryStore } from './inventory/inventory.ts';
import { inventoryRoutes, sweepReservations } from './inventory/routes.ts';
import { createMemoryOrderStore } from './order/order.ts';
import { orderRoutes } from './order/routes.ts';
import { createMemoryPaymentStore } from './payment/payment.ts';
import { paymentRoutes } from './payment/routes.ts';
import { createMemoryProductStore, type Product } from './product/product.ts';
import { productRoutes } from './product/routes.ts';
import { recommendationRoutes } from './recommendation/routes.ts';
import { createMemoryReviewStore } from './review/review.ts';
import { reviewRoutes } from './review/routes.ts';
import { seedOrders, seedPayments, seedReviews, seedShelves, seedUsers } from './seed/customers.ts';
import { seedProducts } from './seed/products.ts';
import { userRoutes } from './user/routes.ts';
import { createMemoryUserStore } from './user/user.ts';

/** What a role does: its routes, and what it sees to now and then. */
export interface Role {
  readonly addRoutes: (app: ServiceApp) => void;
  readonly chore?: { readonly everySeconds: number; readonly run: () => Promise<void> };
}

export interface RolePorts {
  readonly publish: Publish;
  readonly nowMs: () => number;
  readonly newId: () => string;
}

const soldProducts: readonly Product[] = seedProducts.map(({ product }) => product);

/** The roles of the one program, each with its storage in memory and the seed in it. */
export const roles = {
  product: () => ({ addRoutes: productRoutes(createMemoryProductStore(soldProducts)) }),
  user: () => ({ addRoutes: userRoutes(createMemoryUserStore(seedUsers), seedShelves) }),
  order: ({ publish, nowMs, newId }) => {
    const prices = new Map(soldProducts.map(({ id, price }) => [id, price]));
    return {
      addRoutes: orderRoutes({
        orders: createMemoryOrderStore(seedOrders),
        priceOf: (productId) => prices.get(productId) ?? null,
        idempotency: createMemoryIdempotencyStore(nowMs),
        publish,
        newId,
        time: () => new Date(nowMs()),
      }),
    };
  },
  inventory: ({ publish, nowMs, newId }) => {
    const ports = {
      inventory: createMemoryInventoryStore(
        seedProducts.map(({ product, stock }) => ({ productId: product.id, stock })),
        nowMs,
      ),
      idempotency: createMemoryIdempotencyStore(nowMs),
      publish,
      newId,
    };
    return {
      addRoutes: inventoryRoutes(ports),
      chore: { everySeconds: 5, run: () => sweepReservations(ports) },
    };
  },
  payment: () => ({ addRoutes: paymentRoutes(createMemoryPaymentStore(seedPayments)) }),
  review: () => ({
    addRoutes: reviewRoutes(
      createMemoryReviewStore(
        soldProducts.map(({ id }) => id),
        seedReviews,
      ),
    ),
  }),
  recommendation: () => ({ addRoutes: recommendationRoutes(soldProducts) }),
  carrier: () => ({ addRoutes: carrierRoutes }),
} satisfies Record<string, (ports: RolePorts) => Role>;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as RoleName[];
