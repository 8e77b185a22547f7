import type { Role, RolePorts } from '../platform/role.ts';
import { productRoutes } from './product-routes.ts';
import { createProductStore, productTables } from './product-store.ts';

/** The product service: products and their search in PostgreSQL. */
export async function productRole(ports: RolePorts): Promise<Role> {
  const database = await ports.database('products', productTables);
  return {
    addRoutes: productRoutes(createProductStore(database)),
    checks: { database: () => database.query('select 1') },
  };
}
