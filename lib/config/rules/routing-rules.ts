import type { Fault } from '../config-error.ts';
import { integrationGroup, integrationTargets } from '../integration-groups.ts';
import { entryName } from '../parse.ts';
import { routeTarget } from '../route-target.ts';
import { type Catalogue, defaultBodyKiB, type Route } from '../schemas/catalogue.ts';

/**
 * Maximum integrations of one template. Each takes 45 to 57 KB with its mappings, 300 routes take 110 KB, and
 * CloudFormation accepts 1 MB.
 */
const maxIntegrations = 15;

/** Headers that API Gateway cannot map ("Transform API requests and responses", reserved headers). */
const reserved =
  /^(access-control-.*|apigw-.*|x-amz-.*|x-amzn-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via)$/;

/**
 * Internal headers of the gateway; templates and functions share them in `runtime/contracts/gateway-contract.ts`.
 */
const internal = /^(x-gw-|x-user-|x-client-|x-plan)/;

/** Headers that the gateway sets in answers. */
const ownAnswers =
  /^(ratelimit.*|x-ratelimit-.*|x-quota-.*|cache-control|retry-after|www-authenticate|x-request-id|x-gateway-.*|deprecation|sunset)$/;

const entryOf = (key: string, ...path: PropertyKey[]) => entryName('catalogue', ['routes', key, ...path]);

/** Variants must have one existing target each, the same integration as the route, and percentages of at most 100 in sum. */
export function variantFaults(key: string, route: Route, catalogue: Catalogue): Fault[] {
  const own = integrationTargets[routeTarget(catalogue, route).kind];
  const percents = route.variants.map(({ when }) => when.callersPercent ?? 0);
  const sum = percents.reduce((one, other) => one + other, 0);
  return [
    ...route.variants.flatMap((variant, index): Fault[] => {
      const entry = entryOf(key, 'variants', index);
      const { service, composition, when } = variant;
      if ((service === undefined) === (composition === undefined)) {
        return [
          {
            entry,
            fault: 'must have exactly one target.',
            remedy: 'Give exactly one of "service" and "composition".',
          },
        ];
      }
      const { name, kind } = routeTarget(catalogue, variant);
      const known: object = kind === 'composition' ? catalogue.compositions : catalogue.services;
      if (!(name in known)) {
        return [
          {
            entry,
            fault: `names "${name}", which does not exist.`,
            remedy: `Use one of ${Object.keys(known).join(', ')}, or add it.`,
          },
        ];
      }
      const isCachedAmiss =
        route.cache !== undefined && (when.host ?? when.header ?? when.callersPercent) !== undefined;
      return [
        ...(integrationTargets[kind] === own
          ? []
          : [
              {
                entry,
                fault: `names "${name}", whose integration differs from that of the route's own target.`,
                remedy:
                  'Within one route, use only services behind the load balancer, or only compositions and external services.',
              },
            ]),
        ...(isCachedAmiss
          ? [
              {
                entry: `${entry}.when`,
                fault:
                  'depends on a value that is not in the cache key of the edge, so callers would get answers of others.',
                remedy: 'Use conditions on query parameters only, or remove the cache.',
              },
            ]
          : []),
      ];
    }),
    ...(sum > 100
      ? [
          {
            entry: entryOf(key, 'variants'),
            fault: `has callersPercent that add up to ${sum} percent.`,
            remedy: 'Lower callersPercent to a sum of 100 or less; the rest goes to the route itself.',
          },
        ]
      : []),
  ];
}

/** Rewritten paths need a service behind the load balancer and may use only parameters of the route. */
export function rewriteFaults(key: string, route: Route, catalogue: Catalogue): Fault[] {
  const parameters = new Set(key.match(/\{[^}]+\}/g));
  const rewrites = [
    { entry: entryOf(key, 'rewrite'), path: route.rewrite },
    ...route.variants.map(({ rewrite }, index) => ({
      entry: entryOf(key, 'variants', index, 'rewrite'),
      path: rewrite,
    })),
  ];
  return rewrites.flatMap(({ entry, path }) => {
    if (path === undefined) return [];
    const unknown = (path.match(/\{[^}]+\}/g) ?? []).filter((parameter) => !parameters.has(parameter));
    return [
      ...unknown.map((parameter) => ({
        entry,
        fault: `has the parameter ${parameter}, which the route does not have.`,
        remedy: 'Use only parameters of the route, a greedy one with its "+".',
      })),
      ...(integrationTargets[routeTarget(catalogue, route).kind] === 'service'
        ? []
        : [
            {
              entry,
              fault: 'is set on a route whose target is not a service behind the load balancer.',
              remedy: 'Remove it: compositions define the paths that they call.',
            },
          ]),
      ...(path.startsWith('/partner/')
        ? [
            {
              entry,
              fault: 'begins with /partner/, which the load balancer removes.',
              remedy: 'Use another path of the service.',
            },
          ]
        : []),
    ];
  });
}

/** Header changes must not touch headers that API Gateway or the gateway reserves. */
export function headerFaults(key: string, { requestHeaders, responseHeaders }: Route): Fault[] {
  const namesOf = ({ set, remove }: Route['requestHeaders']) => [...Object.keys(set), ...remove];
  const fault = (side: string, name: string, why: string): Fault => ({
    entry: entryOf(key, side),
    fault: `changes "${name}", which ${why}.`,
    remedy: 'Remove it, or use another name.',
  });
  return [
    ...(['requestHeaders', 'responseHeaders'] as const).flatMap((side) => {
      const names = namesOf({ requestHeaders, responseHeaders }[side]);
      return [
        ...names
          .filter((name) => reserved.test(name))
          .map((name) => fault(side, name, 'API Gateway reserves')),
        ...names
          .filter((name, index) => names.indexOf(name) !== index)
          .map((name) => fault(side, name, 'is both set and removed, or named twice')),
      ];
    }),
    ...namesOf(requestHeaders)
      .filter((name) => name === 'x-request-id' || internal.test(name))
      .map((name) => fault('requestHeaders', name, 'is an internal header of the gateway')),
    ...namesOf(responseHeaders)
      .filter((name) => ownAnswers.test(name) || internal.test(name))
      .map((name) => fault('responseHeaders', name, 'the gateway sets itself')),
  ];
}

/** "The Sunset date must not be before the Deprecation date" (RFC 9745 section 4). */
export function deprecationFaults(key: string, { deprecated }: Route): Fault[] {
  if (deprecated?.sunset === undefined || deprecated.sunset >= deprecated.since) return [];
  return [
    {
      entry: entryOf(key, 'deprecated', 'sunset'),
      fault: 'is before `since`.',
      remedy: 'Use a later date.',
    },
  ];
}

/** Functions of the gateway accept bodies of the default size on every route. */
export function bodyFaults(key: string, route: Route, catalogue: Catalogue): Fault[] {
  if (routeTarget(catalogue, route).kind !== 'function' || route.maxBodyKiB === defaultBodyKiB) return [];
  return [
    {
      entry: entryOf(key, 'maxBodyKiB'),
      fault: `differs from the ${defaultBodyKiB} KiB that functions of the gateway accept.`,
      remedy: 'Remove it.',
    },
  ];
}

/** The integrations of all routes must fit into one template. */
export function integrationFaults(catalogue: Catalogue): Fault[] {
  const groups = new Map<string, string>();
  for (const [key, route] of Object.entries(catalogue.routes)) {
    const { id } = integrationGroup(catalogue, route);
    if (!groups.has(id)) groups.set(id, key);
  }
  const beyond = [...groups.values()].slice(maxIntegrations);
  if (beyond.length === 0) return [];
  return [
    {
      entry: 'catalogue.routes',
      fault: `needs ${groups.size} integrations by timeoutSeconds, cache, rewrite, headers and deprecation; a template holds ${maxIntegrations}. The excess comes from ${beyond.join(', ')}.`,
      remedy: 'Use the same timeouts, headers and dates on more routes.',
    },
  ];
}
