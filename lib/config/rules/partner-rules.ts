import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';
import type { JsonSchema } from '../schemas/partner-api.ts';

/** Resources of one REST API, one per path segment (adjustable; "Amazon API Gateway quotas"). */
const maxResources = 300;

/** Rates, bursts and quotas of a usage plan are 32-bit integers. */
const maxUsagePlanLimit = 2 ** 31 - 1;

const entryOf = (key: string, ...path: PropertyKey[]) =>
  entryName('catalogue', ['partnerRoutes', key, ...path]);

const parametersOf = (path: string) =>
  [...path.matchAll(/\{([A-Za-z0-9]+)\}/g)].map(([, parameter = '']) => parameter);

/** Checks the partner API settings of an environment against the catalogue. */
export function partnerEnvironmentFaults({ name, partner }: Environment, catalogue: Catalogue): Fault[] {
  return Object.entries(partner.keys)
    .filter(([, { plan }]) => !(plan in catalogue.plans))
    .map(([key, { plan }]) => ({
      entry: entryName(`environments/${name}`, ['partner', 'keys', key, 'plan']),
      fault: `names the plan "${plan}", which does not exist.`,
      remedy: `Use one of ${Object.keys(catalogue.plans).join(', ')}, or add it.`,
    }));
}

export type PartnerRoute = Catalogue['partnerRoutes'][string];

/** A partner route must lead to a service behind the load balancer, by a path with parameters of the route. */
export function partnerTargetFaults(
  key: string,
  { service, path }: PartnerRoute,
  catalogue: Catalogue,
): Fault[] {
  const balanced = Object.entries(catalogue.services).flatMap(([name, { kind }]) =>
    kind === 'fargate' || kind === 'ip' ? [name] : [],
  );
  const known = parametersOf(key);
  return [
    ...(balanced.includes(service)
      ? []
      : [
          {
            entry: entryOf(key, 'service'),
            fault: `names "${service}", which is not a service behind the load balancer.`,
            remedy: `Use one of ${balanced.join(', ')}; the partner API reaches no other services.`,
          },
        ]),
    ...parametersOf(path)
      .filter((parameter) => !known.includes(parameter))
      .map((parameter) => ({
        entry: entryOf(key, 'path'),
        fault: `has the parameter {${parameter}}, which the route does not have.`,
        remedy: 'Use only parameters of the route.',
      })),
    ...(path.startsWith('/partner/')
      ? [
          {
            entry: entryOf(key, 'path'),
            fault: 'begins with /partner/, which the load balancer removes.',
            remedy: 'Use another path of the service.',
          },
        ]
      : []),
  ];
}

/** A body schema needs a method with a body, and must declare the members that it requires. */
export function partnerBodyFaults(key: string, { body }: PartnerRoute): Fault[] {
  if (body === undefined) return [];
  return [
    ...(/^(GET|DELETE) /.test(key)
      ? [
          {
            entry: entryOf(key, 'body'),
            fault: 'requires a body on a method that has none.',
            remedy: 'Remove it, or use POST, PUT or PATCH.',
          },
        ]
      : []),
    ...unknownMembers(key, body, ['body']),
  ];
}

/** A member that is required but not declared would refuse every body. */
function unknownMembers(key: string, schema: JsonSchema, path: readonly PropertyKey[]): Fault[] {
  if (schema.type === 'array') return unknownMembers(key, schema.items, [...path, 'items']);
  if (schema.type !== 'object') return [];
  return [
    ...schema.required
      .filter((member) => !(member in schema.properties))
      .map((member) => ({
        entry: entryOf(key, ...path, 'required'),
        fault: `names "${member}", which is not a declared property.`,
        remedy: 'Correct its spelling or declare it.',
      })),
    ...Object.entries(schema.properties).flatMap(([member, inner]) =>
      unknownMembers(key, inner, [...path, 'properties', member]),
    ),
  ];
}

/** A REST API allows one variable at each place of its resource tree, so two names at one place conflict. */
export function partnerPathFaults({ partnerRoutes }: Catalogue): Fault[] {
  const nameAt = new Map<string, string>();
  const paths = new Set<string>();
  const faults: Fault[] = [];
  for (const key of Object.keys(partnerRoutes)) {
    const segments = key.slice(key.indexOf('/') + 1).split('/');
    for (const [index, segment] of segments.entries()) {
      const place = segments
        .slice(0, index)
        .map((before) => before.replace(/^\{.*\}$/, '{}'))
        .join('/');
      paths.add(`${place}/${segment.replace(/^\{.*\}$/, '{}')}`);
      if (!segment.startsWith('{')) continue;
      const name = nameAt.get(place) ?? segment;
      nameAt.set(place, name);
      if (name === segment) continue;
      faults.push({
        entry: entryOf(key),
        fault: `calls the parameter ${segment} that another route calls ${name}.`,
        remedy: 'Use the same name in both: a REST API allows one name at each place.',
      });
    }
  }
  if (paths.size > maxResources) {
    faults.push({
      entry: 'catalogue.partnerRoutes',
      fault: `needs ${paths.size} resources of a REST API; AWS allows ${maxResources}.`,
      remedy: 'Serve fewer paths, or request a higher quota and raise the number here.',
    });
  }
  return faults;
}

/** The edge routes all of `/partner/` to the partner API. */
export function hiddenRouteFaults(catalogue: Catalogue): Fault[] {
  return Object.keys(catalogue.routes)
    .filter((key) => / \/partner(\/|$)/.test(key))
    .map((key) => ({
      entry: entryName('catalogue', ['routes', key]),
      fault: 'is below /partner, which the edge routes to the partner API.',
      remedy: 'Move it to partnerRoutes, or change its path.',
    }));
}

/** Plans must fit into a usage plan of API Gateway. */
export function usagePlanFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.plans).flatMap(([name, { requestsPerMonth, rate }]) =>
    [['requestsPerMonth', requestsPerMonth ?? 0] as const, ['rate.burst', rate?.burst ?? 0] as const]
      .filter(([, value]) => value > maxUsagePlanLimit)
      .map(([member, value]) => ({
        entry: `${entryName('catalogue', ['plans', name])}.${member}`,
        fault: `is ${value}, more than the maximum of a usage plan (${maxUsagePlanLimit}).`,
        remedy: 'Lower it, or leave it unlimited.',
      })),
  );
}
