import { createHash } from 'node:crypto';
import type { Access, Policy, RoutePolicy } from '../lambda/auth/contract.ts';
import { apiRouteKeys, type Configuration, type Route, targetOf } from './config/index.ts';

/** Compiles the catalogue for one environment to what the authorizer decides by. */
export function compilePolicy({ catalogue, environment }: Configuration): Policy {
  const policy: Omit<Policy, 'version'> = {
    environment: environment.name,
    issuers: [environment.identity],
    limits: catalogue.limits,
    plans: catalogue.plans,
    defaultPlan: catalogue.defaultPlan,
    routes: Object.fromEntries(
      Object.entries(catalogue.routes).flatMap(([key, route]) =>
        apiRouteKeys(key, route).map((apiKey) => [
          apiKey,
          routePolicy(route, targetOf(catalogue, route).name, environment.addressLists),
        ]),
      ),
    ),
  };
  const digest = createHash('sha256').update(JSON.stringify(policy)).digest('hex').slice(0, 12);
  return { version: `catalogue-${digest}`, ...policy };
}

/** `Cache-Control` of a route's successful answers; whatever is not declared cacheable is nobody's to keep. */
export function cacheControl(cache: Route['cache']): string {
  if (cache === undefined) return 'private, no-store';
  return [
    'public',
    `max-age=${cache.seconds}`,
    ...(cache.staleWhileRevalidateSeconds > 0
      ? [`stale-while-revalidate=${cache.staleWhileRevalidateSeconds}`]
      : []),
    ...(cache.staleIfErrorSeconds > 0 ? [`stale-if-error=${cache.staleIfErrorSeconds}`] : []),
  ].join(', ');
}

function routePolicy(
  route: Route,
  service: string,
  lists: Configuration['environment']['addressLists'],
): RoutePolicy {
  return {
    service,
    access: accessOf(route),
    limit: route.limit,
    cost: route.cost,
    onStoreFailure: route.onStoreFailure,
    cacheControl: cacheControl(route.cache),
    addresses: route.addresses === undefined ? null : (lists[route.addresses] ?? []),
  };
}

function accessOf({ access }: Route): Access {
  return access === 'anonymous' || access === 'optional' || access === 'authenticated'
    ? { kind: access }
    : { kind: 'permission', permission: access };
}
