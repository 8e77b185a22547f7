import type { Route } from './schemas/catalogue.ts';

/**
 * Names of built-in limits in answer headers: the plan's rate, the client's own rate, and the monthly quotas.
 */
export const builtInLimitNames = ['plan', 'client', 'month', 'month-bytes'] as const;

/** The limits of a route as a list. */
export function limitNames({ limit }: Pick<Route, 'limit'>): readonly string[] {
  return typeof limit === 'string' ? [limit] : limit;
}
