import type { Role, RolePorts } from '../platform/role.ts';
import { reviewRoutes } from './review-routes.ts';
import { createReviewStore, reviewTables } from './review-store.ts';

/** The review service: reviews in PostgreSQL. */
export async function reviewRole(ports: RolePorts): Promise<Role> {
  const database = await ports.database('reviews', reviewTables);
  return {
    addRoutes: reviewRoutes(createReviewStore(database)),
    checks: { database: () => database.query('select 1') },
  };
}
