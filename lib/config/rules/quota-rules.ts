import type { Fault } from '../config-error.ts';
import { quotas, type RaisedQuotas } from '../quotas.ts';
import { apiRouteKeys, cachePatterns, healthRouteKeys, unmatchedRouteKeys } from '../route-keys.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';

/**
 * Rules of every load balancer besides those of services: a forged decision, ten refusals and the health answer.
 */
const fixedListenerRules = 12;

/** A quota of AWS, and how much of it a catalogue uses. */
interface QuotaUse {
  readonly entry: string;
  readonly quota: keyof typeof quotas;
  readonly unit: string;
  readonly used: number;
  readonly remedy: string;
}

/** Refuses a catalogue that exceeds AWS quotas, before AWS refuses it in the middle of a deployment. */
export function quotaFaults(environment: Environment, catalogue: Catalogue): Fault[] {
  const granted = { ...quotas, ...definedOnly(environment.quotas) };
  return quotaUses(catalogue)
    .filter(({ quota, used }) => used > granted[quota])
    .map(({ entry, quota, unit, used, remedy }) => ({
      entry,
      fault: `needs ${used} ${unit}; AWS allows ${granted[quota]}.`,
      remedy:
        quota === 'targetGroupsPerLoadBalancer'
          ? `${remedy}.`
          : `${remedy}, or have the quota raised and set environments/${environment.name}.quotas.${quota}.`,
    }));
}

function quotaUses(catalogue: Catalogue): readonly QuotaUse[] {
  const { rules, targetGroups } = listenerNeeds(catalogue);
  const routes = Object.entries(catalogue.routes).flatMap(([key, route]) => apiRouteKeys(key, route));
  return [
    {
      entry: 'catalogue.routes',
      quota: 'routesPerApi',
      unit: 'routes of an HTTP API',
      used:
        routes.length +
        Object.keys(catalogue.webhooks).length +
        healthRouteKeys(catalogue).length +
        unmatchedRouteKeys(catalogue).length,
      remedy: 'Combine routes with a greedy last segment, set `head: false` where HEAD is not needed',
    },
    {
      entry: 'catalogue.services',
      quota: 'rulesPerLoadBalancer',
      unit: 'rules of the load balancer',
      used: fixedListenerRules + rules,
      remedy: 'Combine services, make some of them external',
    },
    {
      entry: 'catalogue.services',
      quota: 'targetGroupsPerLoadBalancer',
      unit: 'target groups of the load balancer',
      used: targetGroups,
      remedy: 'Combine services, make some of them external, or use canary or blueGreen for fewer of them',
    },
    {
      entry: 'catalogue.routes',
      quota: 'cacheBehavioursPerDistribution',
      unit: 'cache behaviours of a distribution',
      used: 1 + cachePatterns(catalogue).length,
      remedy: 'Give cacheable routes common prefixes, cache fewer of them',
    },
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
