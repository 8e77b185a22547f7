import { carrierRoutes } from './carrier/routes.ts';
import { createMemoryIdempotencyStore } from './http/idempotency.ts';
import { createMemoryInventoryStore } from './inventory/inventory.ts';
import { orderReservationRoutes } from './inventory/order-routes.ts';
import { inventoryRoutes, sweepReservations } from './inventory/routes.ts';
import { orderRole } from './order/role.ts';
import { paymentRole } from './payment/role.ts';
import { createMemoryProductStore, type Product } from './product/product.ts';
import { productRoutes } from './product/routes.ts';
import { recommendationRoutes } from './recommendation/routes.ts';
import { createMemoryReviewStore } from './review/review.ts';
import { reviewRoutes } from './review/routes.ts';
import type { Role, RolePorts } from './role.ts';
import { seedReviews, seedShelves, seedUsers } from './seed/customers.ts';
import { seedProducts } from './seed/products.ts';
import { userRoutes } from './user/routes.ts';
import { createMemoryUserStore } from './user/user.ts';

const soldProducts: readonly Product[] = seedProducts.map(({ product }) => product);

/** What a role needs that keeps nothing outside its process. */
export type MemoryPorts = Pick<RolePorts, 'publish' | 'nowMs' | 'newId'>;

/** The roles of the one program, each with the seed in its storage: tables, or this process's memory. */
export const roles = {
  product: () => ({ addRoutes: productRoutes(createMemoryProductStore(soldProducts)) }),
  user: () => ({ addRoutes: userRoutes(createMemoryUserStore(seedUsers), seedShelves) }),
  order: orderRole,
  inventory: ({ publish, nowMs, newId }: MemoryPorts) => {
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
      addRoutes: (app) => {
        inventoryRoutes(ports)(app);
        orderReservationRoutes(ports)(app);
      },
      chore: { everySeconds: 5, run: () => sweepReservations(ports) },
    };
  },
  payment: paymentRole,
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
} satisfies Record<string, (ports: RolePorts) => Role | Promise<Role>>;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as RoleName[];
