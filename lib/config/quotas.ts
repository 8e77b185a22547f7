import type { Catalogue } from './catalogue-schema.ts';
import type { Fault } from './error.ts';

/** Quotas the catalogue is held to; the evidence is in docs/architecture.md. */
const quotas = {
  /** Routes per HTTP API (adjustable). */
  routes: 300,
  /** Rules per load balancer without the default (adjustable). */
  listenerRules: 100,
  /** Cache behaviours per distribution, the default among them (adjustable). */
  cacheBehaviours: 75,
  /** Resources per CloudFormation stack (not adjustable). */
  stackResources: 500,
} as const;

/** Rules every load balancer has whatever its services: five refusals and the health answer. */
const fixedListenerRules = 6;

/** Resources of the service stack: twelve for each service (task, roles, log, targets, rule, scaling), nine beside. */
export const serviceStackResources = (services: number) => 9 + 12 * services;

/** Every key under which the HTTP API serves an entry: itself, and its HEAD twin where asked for. */
export function apiRouteKeys(key: string, route: { readonly head: boolean }): string[] {
  return route.head && key.startsWith('GET ') ? [key, key.replace(/^GET /, 'HEAD ')] : [key];
}

/** The key under which the HTTP API serves a sender of webhooks. */
export function webhookRouteKey({ path }: { readonly path: string }): string {
  return `POST ${path}`;
}

/** What the catalogue needs more of than AWS allows. */
export function exceededQuotas(catalogue: Catalogue): Fault[] {
  const routes =
    1 +
    Object.keys(catalogue.webhooks).length +
    Object.entries(catalogue.routes).flatMap(([key, route]) => apiRouteKeys(key, route)).length;
  const fargate = Object.values(catalogue.services).filter((service) => service.kind === 'fargate').length;
  const behaviours = 1 + cachePatterns(catalogue).length;
  const over = (entry: string, what: string, is: number, quota: number, remedy: string): Fault[] =>
    is <= quota ? [] : [{ entry, fault: `needs ${is} ${what}; AWS allows ${quota}.`, remedy }];
  return [
    ...over(
      'catalogue.routes',
      'routes of an HTTP API',
      routes,
      quotas.routes,
      'Join routes with a greedy last segment, or drop `head` where nobody asks for it.',
    ),
    ...over(
      'catalogue.services',
      'rules of the load balancer',
      fixedListenerRules + fargate,
      quotas.listenerRules,
      'Join services or serve some as external ones.',
    ),
    ...over(
      'catalogue.services',
      'resources of the service stack',
      serviceStackResources(fargate),
      quotas.stackResources,
      'Join services or serve some as external ones.',
    ),
    ...over(
      'catalogue.routes',
      'cache behaviours of a distribution',
      behaviours,
      quotas.cacheBehaviours,
      'Give cacheable routes common prefixes, or cache fewer of them.',
    ),
  ];
}

/** The edge's path patterns of the cacheable routes: `/api/products/{id}` is `/api/products/*` there. */
export function cachePatterns(catalogue: Catalogue): string[] {
  const patterns = Object.entries(catalogue.routes)
    .filter(([, route]) => route.cache !== undefined)
    .map(([key]) => key.slice(key.indexOf(' ') + 1).replaceAll(/\{[^}]*\}/g, '*'));
  // Longest first: CloudFront takes the first pattern that matches.
  return [...new Set(patterns)].sort((a, b) => b.length - a.length || a.localeCompare(b));
}
