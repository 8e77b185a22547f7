import type { Role } from '../platform/role.ts';
import { UnavailableError } from '../platform/unavailable.ts';

const readOnlyDatabase = () => new UnavailableError('The database accepts no writes in this region.');

/** The role of a task until its database accepts writes in this region: healthy, not ready, 503 for every call. */
export const standbyRole: Role = {
  addRoutes: (app) => {
    app.use(() => Promise.reject(readOnlyDatabase()));
  },
  checks: { database: () => Promise.reject(readOnlyDatabase()) },
};
