import { databaseCapacity } from '../capacity.ts';
import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import { type Catalogue, functionServices, type Route } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';
import { compositionFaults } from './composition-rules.ts';
import { edgeFaults } from './edge-rules.ts';
import { functionFaults } from './function-rules.ts';
import { partnerEnvironmentFaults, partnerFaults } from './partner-rules.ts';
import { apiRouteKeys, quotaFaults, webhookRouteKey } from './quota-rules.ts';
import { routingFaults } from './routing-rules.ts';
import { serviceEnvironmentFaults, serviceFaults } from './service-rules.ts';
import { brokerFaults, topicFaults } from './topic-rules.ts';

/**
 * Names of built-in limits in answer headers: the plan's rate, the client's own rate, and the monthly quotas.
 */
export const builtInLimitNames = ['plan', 'client', 'month', 'month-bytes'] as const;

const routeEntry = (key: string) => entryName('catalogue', ['routes', key]);

/** What no single entry shows: names that lead nowhere, entries that collide, quotas of AWS. */
export function catalogueFaults(catalogue: Catalogue): Fault[] {
  return [
    ...unknownReferenceFaults(catalogue),
    ...limitFaults(catalogue),
    ...cacheFaults(catalogue),
    ...signatureRuleFaults(catalogue),
    ...functionServiceFaults(catalogue),
    ...serviceCallFaults(catalogue),
    ...routeCollisionFaults(catalogue),
    ...routingFaults(catalogue),
    ...serviceFaults(catalogue),
    ...compositionFaults(catalogue),
    ...partnerFaults(catalogue),
    ...topicFaults(catalogue),
  ];
}

/** What the catalogue asks of an environment and does not find there. */
export function environmentFaults(catalogue: Catalogue, environment: Environment): Fault[] {
  const root = `environments/${environment.name}`;
  const externals = Object.entries(catalogue.services).filter(([, service]) => service.kind === 'external');
  const lists = new Set(Object.values(catalogue.routes).flatMap((route) => route.addresses ?? []));
  const missing = (entry: string, what: string): Fault => ({
    entry,
    fault: `is missing, but ${what} needs it.`,
    remedy: `Add it to lib/config/environments/${environment.name}.ts.`,
  });
  return [
    ...issuerFaults(catalogue, environment),
    ...partnerEnvironmentFaults(catalogue, environment),
    ...edgeFaults(catalogue, environment),
    ...quotaFaults(catalogue, environment.name, environment.quotas),
    ...serviceEnvironmentFaults(catalogue, environment),
    ...brokerFaults(catalogue, environment),
    ...databaseFaults(environment),
    ...functionFaults(environment),
    ...externals
      .filter(([name]) => !(name in environment.externals))
      .map(([name]) => missing(`${root}.externals.${name}`, `the external service "${name}"`)),
    ...[...lists]
      .filter((list) => !(list in environment.addressLists))
      .map((list) => missing(`${root}.addressLists.${list}`, 'a route of the catalogue')),
  ];
}

/** The ACU range must be valid after the figures of `capacity` have filled in omitted ones. */
function databaseFaults(environment: Environment): Fault[] {
  const { minAcu, maxAcu } = databaseCapacity(environment);
  if (minAcu <= maxAcu) return [];
  return [
    {
      entry: `environments/${environment.name}.database`,
      fault: `has minAcu ${minAcu} and maxAcu ${maxAcu}: minAcu must not exceed maxAcu.`,
      remedy: `Swap them, or give both: an omitted one comes from capacity "${environment.capacity}".`,
    },
  ];
}

/**
 * Issuers and client ids must be unique, because a token is verified with the settings of the one issuer that it names,
 * and a secret belongs to one client. Plans must exist, because callers of an issuer with an unknown plan would get the
 * default one.
 */
function issuerFaults({ plans }: Catalogue, { name, identity, otherIssuers }: Environment): Fault[] {
  const main = identity.kind === 'oidc' ? [identity.issuer] : [];
  const entry = `environments/${name}.otherIssuers`;
  const repeatedFault = (what: string, value: string): Fault => ({
    entry,
    fault: `has the ${what} "${value}" more than once, or also as identity.`,
    remedy: 'Keep one of them.',
  });
  const names = otherIssuers.map((other) => (other.kind === 'hmac' ? other.clientId : other.name));
  return [
    ...repeated([...main, ...otherIssuers.map(({ issuer }) => issuer)]).map((value) =>
      repeatedFault('issuer', value),
    ),
    ...repeated(names).map((value) => repeatedFault('client or name', value)),
    ...otherIssuers.flatMap(({ plan }, index) =>
      plan === undefined || plan in plans
        ? []
        : [
            {
              entry: `${entry}[${index}].plan`,
              fault: `names the plan "${plan}", which does not exist.`,
              remedy: `Use one of ${Object.keys(plans).join(', ')}, or remove it to use the default plan.`,
            },
          ],
    ),
  ];
}

function repeated(values: readonly string[]): string[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}

function unknownReferenceFaults(catalogue: Catalogue): Fault[] {
  const unknown = (entry: string, kind: string, name: string, known: object): Fault => ({
    entry,
    fault: `names the ${kind} "${name}", which does not exist.`,
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
    ...limitNames(route)
      .filter((name) => !(name in catalogue.limits))
      .map((name) => unknown(`${routeEntry(key)}.limit`, 'limit', name, catalogue.limits)),
  ]);
  if (!(catalogue.defaultPlan in catalogue.plans)) {
    faults.push(unknown('catalogue.defaultPlan', 'plan', catalogue.defaultPlan, catalogue.plans));
  }
  return faults;
}

/** The limits of a route as a list. */
export function limitNames({ limit }: Pick<Route, 'limit'>): readonly string[] {
  return typeof limit === 'string' ? [limit] : limit;
}

function limitFaults(catalogue: Catalogue): Fault[] {
  const taken = Object.keys(catalogue.limits)
    .filter((name) => builtInLimitNames.some((own) => own === name))
    .map((name) => ({
      entry: entryName('catalogue', ['limits', name]),
      fault: 'has the name of a built-in limit in the answer headers.',
      remedy: `Choose a name other than ${builtInLimitNames.join(', ')}.`,
    }));
  return [
    ...taken,
    ...Object.entries(catalogue.routes).flatMap(([key, route]) => routeLimitFaults(key, route, catalogue)),
  ];
}

function routeLimitFaults(key: string, route: Route, catalogue: Catalogue): Fault[] {
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
      entry: `${routeEntry(key)}.limit`,
      fault: `names "${name}" twice.`,
      remedy: 'Name each limit once; to charge a call more, set cost.',
    })),
    ...named
      .filter(({ by }) => route.access === 'anonymous' && by !== 'address')
      .map(({ by }) => ({
        entry: `${routeEntry(key)}.limit`,
        fault: `counts by ${by}, but the route is anonymous.`,
        remedy: 'Use a limit by address, or require a token.',
      })),
    ...rates
      .filter(({ burst }) => route.cost > burst)
      .map(({ of, burst }) => ({
        entry: `${routeEntry(key)}.cost`,
        fault: `is more than the burst of ${of} (${burst}), so every call would be refused.`,
        remedy: 'Lower the cost or raise the burst.',
      })),
  ];
}

/** The edge shares cached answers with all callers, so only anonymous GET routes may be cached. */
function cacheFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.routes).flatMap(([key, route]) => {
    const faults: Fault[] = [];
    if (route.cache !== undefined && (route.access !== 'anonymous' || !key.startsWith('GET '))) {
      faults.push({
        entry: `${routeEntry(key)}.cache`,
        fault: "would share one caller's private response with others.",
        remedy: 'Cache only anonymous GET routes.',
      });
    }
    return faults;
  });
}

/**
 * A signature is accepted once. Its nonce is stored in the limit store, so the route must refuse calls without it.
 */
function signatureRuleFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.routes)
    .filter(([, { signature }]) => signature === 'required')
    .flatMap(([key, { access, onLimitStoreFailure }]) => [
      ...(access === 'anonymous'
        ? [
            {
              entry: `${routeEntry(key)}.signature`,
              fault: 'is required on an anonymous route, which ignores credentials.',
              remedy: 'Set access to a permission, or remove the signature.',
            },
          ]
        : []),
      ...(onLimitStoreFailure === 'open'
        ? [
            {
              entry: `${routeEntry(key)}.onLimitStoreFailure`,
              fault: 'would accept a repeated signed request while the limit store is unavailable.',
              remedy: 'Set it to "closed".',
            },
          ]
        : []),
    ]);
}

function functionServiceFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.services)
    .filter(([name, { kind }]) => kind === 'function' && !functionServices.some((known) => known === name))
    .map(([name]) => ({
      entry: entryName('catalogue', ['services', name]),
      fault: 'is not the name of a function that serves routes.',
      remedy: `Use one of ${functionServices.join(', ')}.`,
    }));
}

/** Services can call each other only if they run in containers of this application. */
function serviceCallFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.services).flatMap(([name, service]) =>
    (service.kind === 'fargate' ? service.calls : [])
      .filter((called) => called === name || catalogue.services[called]?.kind !== 'fargate')
      .map((called) => ({
        entry: entryName('catalogue', ['services', name, 'calls']),
        fault:
          called === name
            ? 'names the service itself.'
            : `names "${called}", which is not of kind "fargate".`,
        remedy: 'Name other services of kind "fargate".',
      })),
  );
}

/**
 * Names of parameters do not distinguish routes: `/a/{id}` and `/a/{key}` are the same path for the HTTP API.
 */
function routeCollisionFaults(catalogue: Catalogue): Fault[] {
  const first = new Map<string, string>();
  const shape = (key: string) => key.replaceAll(/\{[A-Za-z0-9]+(\+?)\}/g, '{$1}');
  const served = Object.entries(catalogue.routes).flatMap(([key, route]) =>
    apiRouteKeys(key, route).map((apiKey) => [routeEntry(key), apiKey] as const),
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
