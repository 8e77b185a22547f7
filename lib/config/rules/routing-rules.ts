import type { Fault } from '../config-error.ts';
import { integrationGroup, integrationTargets } from '../integration-groups.ts';
import { entryName } from '../parse.ts';
import { routeTarget } from '../route-target.ts';
import { type Catalogue, defaultBodyKiB, type Route } from '../schemas/catalogue.ts';

/**
 * Integrations with all their mappings that one template holds: each has 45 to 57 KB, 300 routes have 110, and
 * CloudFormation takes 1 MB.
 */
const maxIntegrations = 15;

/** What API Gateway maps in neither direction ("Transform API requests and responses", reserved headers). */
const reserved =
  /^(access-control-.*|apigw-.*|x-amz-.*|x-amzn-.*|authorization|connection|content-encoding|content-length|content-location|forwarded|keep-alive|origin|proxy-authenticate|proxy-authorization|te|trailers|transfer-encoding|upgrade|x-forwarded-for|x-forwarded-host|x-forwarded-proto|via)$/;

/** The gateway's own, which the templates and the functions agree on in `runtime/contracts/gateway-contract.ts`. */
const internal = /^(x-gw-|x-user-|x-client-|x-plan)/;

/** What the gateway itself says in answers. */
const ownAnswers =
  /^(ratelimit.*|x-ratelimit-.*|x-quota-.*|cache-control|retry-after|www-authenticate|x-request-id|x-gateway-.*|deprecation|sunset)$/;

/** What is wrong with where routes lead and what they change on the way. */
export function routingFaults(catalogue: Catalogue): Fault[] {
  return [
    ...Object.entries(catalogue.routes).flatMap(([key, route]) => [
      ...variantFaults(catalogue, key, route),
      ...rewriteFaults(catalogue, key, route),
      ...headerFaults(key, route),
      ...deprecationFaults(key, route),
      ...bodyFaults(catalogue, key, route),
    ]),
    ...tooManyIntegrations(catalogue),
  ];
}

const entryOf = (key: string, ...path: PropertyKey[]) => entryName('catalogue', ['routes', key, ...path]);

function variantFaults(catalogue: Catalogue, key: string, route: Route): Fault[] {
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
            fault: 'has no target, or two.',
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
            fault: `names "${name}", which is not there.`,
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
                fault: `leads to "${name}", which is reached by another integration than the route's own target.`,
                remedy:
                  'Keep to services behind the load balancer, or to compositions and external services, within one route.',
              },
            ]),
        ...(isCachedAmiss
          ? [
              {
                entry: `${entry}.when`,
                fault:
                  'chooses by what is not in the key of the edge cache, so callers would get the answers of others.',
                remedy: 'Choose by query alone, or leave the cache out.',
              },
            ]
          : []),
      ];
    }),
    ...(sum > 100
      ? [
          {
            entry: entryOf(key, 'variants'),
            fault: `has parts of the callers that add up to ${sum} percent.`,
            remedy: 'Lower callersPercent; what is left is for the route itself.',
          },
        ]
      : []),
  ];
}

function rewriteFaults(catalogue: Catalogue, key: string, route: Route): Fault[] {
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
        fault: `has the parameter ${parameter}, which the route has not.`,
        remedy: 'Use parameters of the route only, a greedy one with its "+".',
      })),
      ...(integrationTargets[routeTarget(catalogue, route).kind] === 'service'
        ? []
        : [
            {
              entry,
              fault: 'is of a route that no service behind the load balancer answers.',
              remedy: 'Leave it out: compositions say themselves what they ask.',
            },
          ]),
      ...(path.startsWith('/partner/')
        ? [
            {
              entry,
              fault: 'begins with /partner/, which the load balancer takes off.',
              remedy: "Serve it under another path of the service's.",
            },
          ]
        : []),
    ];
  });
}

function headerFaults(key: string, { requestHeaders, responseHeaders }: Route): Fault[] {
  const namesOf = ({ set, remove }: Route['requestHeaders']) => [...Object.keys(set), ...remove];
  const fault = (side: string, name: string, why: string): Fault => ({
    entry: entryOf(key, side),
    fault: `changes "${name}", which ${why}.`,
    remedy: 'Take it out, or use another name.',
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
          .map((name) => fault(side, name, 'is set and removed, or named twice')),
      ];
    }),
    ...namesOf(requestHeaders)
      .filter((name) => name === 'x-request-id' || internal.test(name))
      .map((name) => fault('requestHeaders', name, 'is of the gateway itself')),
    ...namesOf(responseHeaders)
      .filter((name) => ownAnswers.test(name) || internal.test(name))
      .map((name) => fault('responseHeaders', name, 'the gateway sets itself')),
  ];
}

/** "The Sunset date must not be before the Deprecation date" (RFC 9745 section 4). */
function deprecationFaults(key: string, { deprecated }: Route): Fault[] {
  if (deprecated?.sunset === undefined || deprecated.sunset >= deprecated.since) return [];
  return [
    {
      entry: entryOf(key, 'deprecated', 'sunset'),
      fault: 'is before `since`.',
      remedy: 'Give callers time: a later date.',
    },
  ];
}

/** The gateway's own functions know no routes, so their bodies are as long as the default allows. */
function bodyFaults(catalogue: Catalogue, key: string, route: Route): Fault[] {
  if (routeTarget(catalogue, route).kind !== 'function' || route.maxBodyKiB === defaultBodyKiB) return [];
  return [
    {
      entry: entryOf(key, 'maxBodyKiB'),
      fault: `differs from the ${defaultBodyKiB} KiB that the gateway's own functions take.`,
      remedy: 'Leave it out.',
    },
  ];
}

function tooManyIntegrations(catalogue: Catalogue): Fault[] {
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
      fault: `needs ${groups.size} integrations by timeoutSeconds, cache, rewrite, headers and deprecation; a template holds ${maxIntegrations}. The first too many: ${beyond.join(', ')}.`,
      remedy: 'Give routes the same time-outs, headers and dates.',
    },
  ];
}
