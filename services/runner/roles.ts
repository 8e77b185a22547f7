import { carrierRoutes } from '../carrier/carrier-routes.ts';
import { inventoryRole } from '../inventory/inventory-role.ts';
import { orderRole } from '../order/order-role.ts';
import { paymentRole } from '../payment/payment-role.ts';
import type { Role, RolePorts } from '../platform/role.ts';
import { productRole } from '../product/product-role.ts';
import { recommendationRoutes } from '../recommendation/recommendation-routes.ts';
import { reviewRole } from '../review/review-role.ts';
import { seedProducts } from '../seed/products.ts';
import { userRole } from '../user/user-role.ts';

/** All roles of the program, by name. */
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
