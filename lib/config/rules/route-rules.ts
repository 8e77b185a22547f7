import type { Fault } from '../config-error.ts';
import { builtInLimitNames, limitNames } from '../limit-names.ts';
import { entryName } from '../parse.ts';
import { apiRouteKeys, webhookRouteKey } from '../route-keys.ts';
import type { Catalogue, Route } from '../schemas/catalogue.ts';

const entryOf = (key: string, member: string) => `${entryName('catalogue', ['routes', key])}.${member}`;

const unknown = (entry: string, kind: string, name: string, known: object): Fault => ({
  entry,
  fault: `names the ${kind} "${name}", which does not exist.`,
  remedy: `Use one of ${Object.keys(known).join(', ')}, or add it.`,
});

/** A route must name an existing service or composition, and existing limits. */
export function routeReferenceFaults(
  key: string,
  route: Route,
  { services, compositions, limits }: Catalogue,
): Fault[] {
  const faults = limitNames(route)
    .filter((name) => !(name in limits))
    .map((name) => unknown(entryOf(key, 'limit'), 'limit', name, limits));
  if (route.service !== undefined && !(route.service in services)) {
    faults.push(unknown(entryOf(key, 'service'), 'service', route.service, services));
  }
  if (route.composition !== undefined && !(route.composition in compositions)) {
    faults.push(unknown(entryOf(key, 'composition'), 'composition', route.composition, compositions));
  }
  return faults;
}

/** The default plan must exist. */
export function defaultPlanFaults({ defaultPlan, plans }: Catalogue): Fault[] {
  return defaultPlan in plans ? [] : [unknown('catalogue.defaultPlan', 'plan', defaultPlan, plans)];
}

/** Limits must not have the name of a built-in limit. */
export function limitNameFaults({ limits }: Catalogue): Fault[] {
  return Object.keys(limits)
    .filter((name) => builtInLimitNames.some((builtIn) => builtIn === name))
    .map((name) => ({
      entry: entryName('catalogue', ['limits', name]),
      fault: 'has the name of a built-in limit in the answer headers.',
      remedy: `Choose a name other than ${builtInLimitNames.join(', ')}.`,
    }));
}

/** A limit that no route names would protect nothing. */
export function unusedLimitFaults({ limits, routes }: Catalogue): Fault[] {
  const named = new Set(Object.values(routes).flatMap(limitNames));
  return Object.keys(limits)
    .filter((name) => !named.has(name))
    .map((name) => ({
      entry: entryName('catalogue', ['limits', name]),
      fault: 'is named by no route.',
      remedy: 'Name it in the `limit` of a route, or remove it.',
    }));
}

/** The limits of a route must differ, suit its access, and have a burst of at least its cost. */
export function routeLimitFaults(key: string, route: Route, catalogue: Catalogue): Fault[] {
  const names = limitNames(route);
  const repeated = names.filter((name, index) => names.indexOf(name) !== index);
  const named = names.flatMap((name) => {
    const limit = catalogue.limits[name];
    return limit === undefined ? [] : [{ name, ...limit }];
  });
  const rates = [
    ...named.map(({ name, burst }) => ({ of: `"${name}"`, burst })),
    ...(route.access === 'anonymous' ? [] : Object.entries(catalogue.plans)).flatMap(([name, { rate }]) =>
      rate === undefined ? [] : [{ of: `the plan "${name}"`, burst: rate.burst }],
    ),
  ];
  return [
    ...repeated.map((name) => ({
      entry: entryOf(key, 'limit'),
      fault: `names "${name}" twice.`,
      remedy: 'Name each limit once; to charge a call more, set cost.',
    })),
    ...named
      .filter(({ by }) => route.access === 'anonymous' && by !== 'address')
      .map(({ by }) => ({
        entry: entryOf(key, 'limit'),
        fault: `counts by ${by}, but the route is anonymous.`,
        remedy: 'Use a limit by address, or require a token.',
      })),
    ...rates
      .filter(({ burst }) => route.cost > burst)
      .map(({ of, burst }) => ({
        entry: entryOf(key, 'cost'),
        fault: `is more than the burst of ${of} (${burst}), so every call would be refused.`,
        remedy: 'Lower the cost or raise the burst.',
      })),
  ];
}

/** The edge shares cached answers with all callers, so only anonymous GET routes may be cached. */
export function cacheFaults(key: string, { access, cache }: Route): Fault[] {
  if (cache === undefined || (access === 'anonymous' && key.startsWith('GET '))) return [];
  return [
    {
      entry: entryOf(key, 'cache'),
      fault: "would share one caller's private response with others.",
      remedy: 'Cache only anonymous GET routes.',
    },
  ];
}

/**
 * A signature is accepted once. Its nonce is stored in the limit store, so the route must refuse calls without it.
 */
export function signatureFaults(key: string, route: Route): Fault[] {
  if (route.signature !== 'required') return [];
  const faults: Fault[] = [];
  if (route.access === 'anonymous') {
    faults.push({
      entry: entryOf(key, 'signature'),
      fault: 'is required on an anonymous route, which ignores credentials.',
      remedy: 'Set access to a permission, or remove the signature.',
    });
  }
  if (route.onLimitStoreFailure === 'open') {
    faults.push({
      entry: entryOf(key, 'onLimitStoreFailure'),
      fault: 'would accept a repeated signed request while the limit store is unavailable.',
      remedy: 'Set it to "closed".',
    });
  }
  return faults;
}

/**
 * Names of parameters do not distinguish routes: `/a/{id}` and `/a/{key}` are the same path for the HTTP API.
 */
export function routeCollisionFaults(catalogue: Catalogue): Fault[] {
  const first = new Map<string, string>();
  const shape = (key: string) => key.replaceAll(/\{[A-Za-z0-9]+(\+?)\}/g, '{$1}');
  const served = Object.entries(catalogue.routes).flatMap(([key, route]) =>
    apiRouteKeys(key, route).map((apiKey) => [entryName('catalogue', ['routes', key]), apiKey] as const),
  );
  const sent = Object.entries(catalogue.webhooks).map(
    ([name, webhook]) => [entryName('catalogue', ['webhooks', name]), webhookRouteKey(webhook)] as const,
  );
  const faults: Fault[] = [];
  const health = ['the health path', `GET ${catalogue.healthPath}`] as const;
  for (const [entry, apiKey] of [health, ...served, ...sent]) {
    const twin = first.get(shape(apiKey));
    if (twin === undefined) first.set(shape(apiKey), entry);
    else {
      faults.push({
        entry,
        fault: `collides with ${twin}.`,
        remedy: 'Remove one of them or change its path.',
      });
    }
  }
  return faults;
}
