import type { Fault } from '../config-error.ts';
import type { Catalogue } from '../schemas/catalogue.ts';

/** AWS quotas that the catalogue must respect. The sources are in docs/architecture.md. */
export const quotas = {
  /** Routes per HTTP API (adjustable). */
  routesPerApi: 300,
  /** Rules per load balancer without the default (adjustable). */
  rulesPerLoadBalancer: 100,
  /** Target groups per load balancer (not adjustable). */
  targetGroupsPerLoadBalancer: 100,
  /** Cache behaviours per distribution, the default among them (adjustable). */
  cacheBehavioursPerDistribution: 75,
} as const;

/** Quotas that AWS has raised, by the names of `quotas`; omitted ones have their default. */
export type RaisedQuotas = {
  readonly [name in Exclude<keyof typeof quotas, 'targetGroupsPerLoadBalancer'>]?: number | undefined;
};

/**
 * Rules of every load balancer besides those of services: a forged decision, six refusals and the health answer.
 */
const fixedListenerRules = 8;

/** All route keys of an entry in the HTTP API: its own, and HEAD beside GET unless `head` is false. */
export function apiRouteKeys(key: string, route: { readonly head: boolean }): string[] {
  return route.head && key.startsWith('GET ') ? [key, key.replace(/^GET /, 'HEAD ')] : [key];
}

/** Route key of a webhook sender in the HTTP API. */
export function webhookRouteKey({ path }: { readonly path: string }): string {
  return `POST ${path}`;
}

/** Refuses a catalogue that exceeds AWS quotas, before AWS refuses it in the middle of a deployment. */
export function quotaFaults(catalogue: Catalogue, environment: string, raised: RaisedQuotas): Fault[] {
  // GET and HEAD of the health answer.
  const routes =
    2 +
    Object.keys(catalogue.webhooks).length +
    Object.entries(catalogue.routes).flatMap(([key, route]) => apiRouteKeys(key, route)).length;
  const { rules, targetGroups } = listenerNeeds(catalogue);
  const over = (entry: string, what: string, is: number, name: keyof typeof quotas, remedy: string) => {
    const { [name]: quota } = { ...quotas, ...definedOnly(raised) };
    const raise =
      name === 'targetGroupsPerLoadBalancer'
        ? ''
        : `, or have the quota raised and set environments/${environment}.quotas.${name}`;
    return is <= quota
      ? []
      : [{ entry, fault: `needs ${is} ${what}; AWS allows ${quota}.`, remedy: `${remedy}${raise}.` }];
  };
  return [
    ...over(
      'catalogue.routes',
      'routes of an HTTP API',
      routes,
      'routesPerApi',
      'Combine routes with a greedy last segment, set `head: false` where HEAD is not needed',
    ),
    ...over(
      'catalogue.services',
      'rules of the load balancer',
      fixedListenerRules + rules,
      'rulesPerLoadBalancer',
      'Combine services, make some of them external',
    ),
    ...over(
      'catalogue.services',
      'target groups of the load balancer',
      targetGroups,
      'targetGroupsPerLoadBalancer',
      'Combine services, make some of them external, or use canary or blueGreen for fewer of them',
    ),
    ...over(
      'catalogue.routes',
      'cache behaviours of a distribution',
      1 + cachePatterns(catalogue).length,
      'cacheBehavioursPerDistribution',
      'Give cacheable routes common prefixes, cache fewer of them',
    ),
  ];
}

/**
 * Each service needs a rule and a target group, one more of each for its canary, and one more target group if
 * deployments alternate between two.
 */
function listenerNeeds({ services }: Catalogue): { readonly rules: number; readonly targetGroups: number } {
  let rules = 0;
  let targetGroups = 0;
  for (const service of Object.values(services)) {
    if (service.kind !== 'fargate' && service.kind !== 'ip') continue;
    const cohorts = service.kind === 'fargate' && service.canary !== undefined ? 2 : 1;
    rules += cohorts;
    targetGroups += cohorts;
    if (service.kind === 'fargate' && service.deployment.kind !== 'rolling') targetGroups += 1;
  }
  return { rules, targetGroups };
}

function definedOnly(raised: RaisedQuotas): Partial<Record<keyof typeof quotas, number>> {
  return Object.fromEntries(Object.entries(raised).filter(([, value]) => value !== undefined));
}

/**
 * Path patterns of the cacheable routes at the edge: `/api/products/{id}` becomes `/api/products/*`. CloudFront selects
 * the behaviour by the path that the client sent, but caches by the path that the viewer-request function returns. So
 * `/products/*` is a pattern besides `/v1/products/*`, for callers that send the version in a header.
 */
export function cachePatterns(catalogue: Catalogue): string[] {
  const patterns = Object.entries(catalogue.routes)
    .filter(([, route]) => route.cache !== undefined)
    .map(([key]) => key.slice(key.indexOf(' ') + 1).replaceAll(/\{[^}]*\}/g, '*'))
    .flatMap((pattern) => [pattern, pattern.replace(/^\/v\d+(?=\/)/, '')]);
  // Longest first: CloudFront uses the first pattern that matches.
  return [...new Set(patterns)].sort((a, b) => b.length - a.length || a.localeCompare(b));
}
