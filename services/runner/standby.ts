import type { Role } from '../platform/role.ts';
import { UnavailableError } from '../platform/unavailable.ts';

const writerElsewhere = () => new UnavailableError('The database takes no writes in this region.');

/** What a task is until its database takes writes here: well, and not ready. Whatever it is called for is 503. */
export const standbyRole: Role = {
  addRoutes: (app) => {
    app.use(() => Promise.reject(writerElsewhere()));
  },
  checks: { database: () => Promise.reject(writerElsewhere()) },
};
