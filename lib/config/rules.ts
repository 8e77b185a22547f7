import type { Catalogue, Route } from './catalogue-schema.ts';
import { compositionFaults } from './composition-rules.ts';
import type { Environment } from './environment-schema.ts';
import type { Fault } from './error.ts';
import { entryName } from './parse.ts';

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

const routeEntry = (key: string) => entryName('catalogue', ['routes', key]);

/** Every key under which the HTTP API serves an entry: itself, and its HEAD twin where asked for. */
export function apiRouteKeys(key: string, route: { readonly head: boolean }): string[] {
  return route.head && key.startsWith('GET ') ? [key, key.replace(/^GET /, 'HEAD ')] : [key];
}

/** Who answers a route: the name, and what kind of entry it is. */
export function targetOf(
  catalogue: Catalogue,
  { service, composition }: Route,
): { readonly name: string; readonly kind: 'fargate' | 'external' | 'composition' | 'unknown' } {
  if (composition !== undefined) return { name: composition, kind: 'composition' };
  const name = service ?? '';
  return { name, kind: catalogue.services[name]?.kind ?? 'unknown' };
}

/** What no single entry shows: names that lead nowhere, entries that collide, quotas of AWS. */
export function catalogueFaults(catalogue: Catalogue): Fault[] {
  return [
    ...danglingNames(catalogue),
    ...unfitCaches(catalogue),
    ...collidingRoutes(catalogue),
    ...exceededQuotas(catalogue),
    ...compositionFaults(catalogue),
  ];
}

/** What the catalogue asks of an environment and does not find there. */
export function environmentFaults(catalogue: Catalogue, environment: Environment): Fault[] {
  const root = `environments/${environment.name}`;
  const externals = Object.entries(catalogue.services).filter(([, service]) => service.kind === 'external');
  const lists = new Set(Object.values(catalogue.routes).flatMap((route) => route.addresses ?? []));
  const missing = (entry: string, what: string): Fault => ({
    entry,
    fault: `is missing, and ${what} needs it.`,
    remedy: `Add it to lib/config/environments/${environment.name}.ts.`,
  });
  return [
    ...externals
      .filter(([name]) => !(name in environment.externals))
      .map(([name]) => missing(`${root}.externals.${name}`, `the external service "${name}"`)),
    ...[...lists]
      .filter((list) => !(list in environment.addressLists))
      .map((list) => missing(`${root}.addressLists.${list}`, 'a route of the catalogue')),
    ...Object.keys(environment.services.tasksOf)
      .filter((name) => catalogue.services[name]?.kind !== 'fargate')
      .map((name) => ({
        entry: `${root}.services.tasksOf.${name}`,
        fault: 'sizes a service that the catalogue does not run.',
        remedy: 'Remove it or correct its name.',
      })),
  ];
}

function danglingNames(catalogue: Catalogue): Fault[] {
  const unknown = (entry: string, kind: string, name: string, known: object): Fault => ({
    entry,
    fault: `names the ${kind} "${name}", which is not there.`,
    remedy: `Use one of ${Object.keys(known).join(', ')}, or add it.`,
  });
  const faults = Object.entries(catalogue.routes).flatMap(([key, route]) => [
    ...(route.service === undefined || route.service in catalogue.services
      ? []
      : [unknown(`${routeEntry(key)}.service`, 'service', route.service, catalogue.services)]),
    ...(route.composition === undefined || route.composition in catalogue.compositions
      ? []
      : [
          unknown(`${routeEntry(key)}.composition`, 'composition', route.composition, catalogue.compositions),
        ]),
    ...(route.limit in catalogue.limits
      ? limitFaults(key, route, catalogue)
      : [unknown(`${routeEntry(key)}.limit`, 'limit', route.limit, catalogue.limits)]),
  ]);
  if (!(catalogue.defaultPlan in catalogue.plans)) {
    faults.push(unknown('catalogue.defaultPlan', 'plan', catalogue.defaultPlan, catalogue.plans));
  }
  return faults;
}

function limitFaults(key: string, route: Catalogue['routes'][string], catalogue: Catalogue): Fault[] {
  const limit = catalogue.limits[route.limit];
  const faults: Fault[] = [];
  if (route.access === 'anonymous' && limit?.by === 'user') {
    faults.push({
      entry: `${routeEntry(key)}.limit`,
      fault: `counts by user, but the route is anonymous.`,
      remedy: 'Use a limit by address, or ask for a token.',
    });
  }
  if (limit !== undefined && route.cost > limit.burst) {
    faults.push({
      entry: `${routeEntry(key)}.cost`,
      fault: `is more than the burst of "${route.limit}" (${limit.burst}), so every call would be refused.`,
      remedy: 'Lower the cost or raise the burst.',
    });
  }
  return faults;
}

/** What the edge caches it gives to everybody, so it must be public and a read. */
function unfitCaches(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.routes).flatMap(([key, route]) => {
    const faults: Fault[] = [];
    if (route.cache !== undefined && (route.access !== 'anonymous' || !key.startsWith('GET '))) {
      faults.push({
        entry: `${routeEntry(key)}.cache`,
        fault: "would hand one caller's answer to others.",
        remedy: 'Cache only anonymous GET routes.',
      });
    }
    if (route.head && !key.startsWith('GET ')) {
      faults.push({
        entry: `${routeEntry(key)}.head`,
        fault: 'has no meaning on a route that is not a GET.',
        remedy: 'Remove it.',
      });
    }
    return faults;
  });
}

/** Parameters differ in name only, so `/a/{id}` and `/a/{key}` are one path to the HTTP API. */
function collidingRoutes(catalogue: Catalogue): Fault[] {
  const first = new Map<string, string>();
  const shape = (key: string) => key.replaceAll(/\{[A-Za-z0-9]+(\+?)\}/g, '{$1}');
  const served = Object.entries(catalogue.routes).flatMap(([key, route]) =>
    apiRouteKeys(key, route).map((apiKey) => [key, apiKey] as const),
  );
  const faults: Fault[] = [];
  for (const [key, apiKey] of [['the health path', `GET ${catalogue.healthPath}`] as const, ...served]) {
    const twin = first.get(shape(apiKey));
    if (twin === undefined) first.set(shape(apiKey), key);
    else {
      faults.push({
        entry: routeEntry(key),
        fault: `collides with ${twin === 'the health path' ? twin : routeEntry(twin)}.`,
        remedy: 'Remove one of them or change its path.',
      });
    }
  }
  return faults;
}

function exceededQuotas(catalogue: Catalogue): Fault[] {
  const routes =
    1 + Object.entries(catalogue.routes).flatMap(([key, route]) => apiRouteKeys(key, route)).length;
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
