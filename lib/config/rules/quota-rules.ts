import type { Fault } from '../config-error.ts';
import type { Catalogue } from '../schemas/catalogue.ts';

/** Quotas the catalogue is held to; the evidence is in docs/architecture.md. */
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

/** Raises that AWS has granted, by the names of `quotas`; left out, the default holds. */
export type RaisedQuotas = {
  readonly [name in Exclude<keyof typeof quotas, 'targetGroupsPerLoadBalancer'>]?: number | undefined;
};

/** Rules every load balancer has whatever its services: a forged decision, six refusals and the health answer. */
const fixedListenerRules = 8;

/** Every key under which the HTTP API serves an entry: itself, and HEAD beside GET unless the entry says otherwise. */
export function apiRouteKeys(key: string, route: { readonly head: boolean }): string[] {
  return route.head && key.startsWith('GET ') ? [key, key.replace(/^GET /, 'HEAD ')] : [key];
}

/** The key under which the HTTP API serves a sender of webhooks. */
export function webhookRouteKey({ path }: { readonly path: string }): string {
  return `POST ${path}`;
}

/**
 * What the catalogue needs more of than AWS allows, or has allowed for this environment. Refused before AWS would, which
 * is in the middle of a deployment.
 */
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
        : `, or have the quota raised and say so in environments/${environment}.quotas.${name}`;
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
      'Join routes with a greedy last segment, say `head: false` where nobody asks for it',
    ),
    ...over(
      'catalogue.services',
      'rules of the load balancer',
      fixedListenerRules + rules,
      'rulesPerLoadBalancer',
      'Join services, serve some as external ones',
    ),
    ...over(
      'catalogue.services',
      'target groups of the load balancer',
      targetGroups,
      'targetGroupsPerLoadBalancer',
      'Join services, serve some as external ones, or deploy fewer of them as canary or blueGreen',
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

/** A rule and a target group for each service, one more of each for its canary, a group more where two take turns. */
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
 * The edge's path patterns of the cacheable routes: `/api/products/{id}` is `/api/products/*` there. CloudFront chooses by
 * the path as it was sent, and keeps by the one that the function has made of it: so `/products/*` is a pattern beside
 * `/v1/products/*`, for callers that name the version in a header.
 */
export function cachePatterns(catalogue: Catalogue): string[] {
  const patterns = Object.entries(catalogue.routes)
    .filter(([, route]) => route.cache !== undefined)
    .map(([key]) => key.slice(key.indexOf(' ') + 1).replaceAll(/\{[^}]*\}/g, '*'))
    .flatMap((pattern) => [pattern, pattern.replace(/^\/v\d+(?=\/)/, '')]);
  // Longest first: CloudFront takes the first pattern that matches.
  return [...new Set(patterns)].sort((a, b) => b.length - a.length || a.localeCompare(b));
}
