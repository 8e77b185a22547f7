import { carrierRoutes } from './carrier/routes.ts';
import { inventoryRole } from './inventory/role.ts';
import { orderRole } from './order/role.ts';
import { paymentRole } from './payment/role.ts';
import type { Role, RolePorts } from './platform/role.ts';
import { productRole } from './product/role.ts';
import { recommendationRoutes } from './recommendation/routes.ts';
import { reviewRole } from './review/role.ts';
import { seedProducts } from './seed/products.ts';
import { userRole } from './user/role.ts';

/** The roles of the one program, each with the seed in its tables. */
export const roles = {
  product: productRole,
  user: userRole,
  order: orderRole,
  inventory: inventoryRole,
  payment: paymentRole,
  review: reviewRole,
  recommendation: () => ({ addRoutes: recommendationRoutes(seedProducts.map(({ product }) => product)) }),
  carrier: () => ({ addRoutes: carrierRoutes }),
} satisfies Record<string, (ports: RolePorts) => Role | Promise<Role>>;

export type RoleName = keyof typeof roles;
export const roleNames = Object.keys(roles) as RoleName[];
