import type { Role, RolePorts } from '../platform/role.ts';
import { userRoutes } from './user-routes.ts';
import { createUserStore, userTables } from './user-store.ts';

/** The user service: profiles, carts and wish lists in PostgreSQL. */
export async function userRole(ports: RolePorts): Promise<Role> {
  const database = await ports.database('users', userTables);
  return {
    addRoutes: userRoutes(createUserStore(database)),
    checks: { database: () => database.query('select 1') },
  };
}
