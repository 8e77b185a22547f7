import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';
import type { JsonSchema } from '../schemas/partner-api.ts';

/** Resources of one REST API, a path each (adjustable; "Amazon API Gateway quotas"). */
const maxResources = 300;

/** Rates, bursts and quotas of a usage plan are integers of 32 bits. */
const maxUsagePlanLimit = 2 ** 31 - 1;

const entryOf = (key: string, ...path: PropertyKey[]) =>
  entryName('catalogue', ['partnerRoutes', key, ...path]);

const parametersOf = (path: string) =>
  [...path.matchAll(/\{([A-Za-z0-9]+)\}/g)].map(([, parameter = '']) => parameter);

/** What is wrong with the partner API's entries that no single one shows. */
export function partnerFaults(catalogue: Catalogue): Fault[] {
  return [
    ...Object.entries(catalogue.partnerRoutes).flatMap(([key, route]) => [
      ...targetFaults(catalogue, key, route),
      ...bodyFaults(key, route),
    ]),
    ...pathFaults(Object.keys(catalogue.partnerRoutes)),
    ...hiddenRoutes(catalogue),
    ...planFaults(catalogue),
  ];
}

/** What an environment says of the partner API and the catalogue does not know. */
export function partnerEnvironmentFaults(catalogue: Catalogue, { name, partner }: Environment): Fault[] {
  return Object.entries(partner.keys)
    .filter(([, { plan }]) => !(plan in catalogue.plans))
    .map(([key, { plan }]) => ({
      entry: entryName(`environments/${name}`, ['partner', 'keys', key, 'plan']),
      fault: `names the plan "${plan}", which is not there.`,
      remedy: `Use one of ${Object.keys(catalogue.plans).join(', ')}, or add it.`,
    }));
}

type PartnerRoute = Catalogue['partnerRoutes'][string];

function targetFaults(catalogue: Catalogue, key: string, { service, path }: PartnerRoute): Fault[] {
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
            fault: `names "${service}", which is no service behind the load balancer.`,
            remedy: `Use one of ${balanced.join(', ')}: the partner API leads nowhere else.`,
          },
        ]),
    ...parametersOf(path)
      .filter((parameter) => !known.includes(parameter))
      .map((parameter) => ({
        entry: entryOf(key, 'path'),
        fault: `has the parameter {${parameter}}, which the route has not.`,
        remedy: 'Use parameters of the route only.',
      })),
    ...(path.startsWith('/partner/')
      ? [
          {
            entry: entryOf(key, 'path'),
            fault: 'begins with /partner/, which the load balancer takes off.',
            remedy: "Serve it under another path of the service's.",
          },
        ]
      : []),
  ];
}

function bodyFaults(key: string, { body }: PartnerRoute): Fault[] {
  if (body === undefined) return [];
  return [
    ...(/^(GET|DELETE) /.test(key)
      ? [
          {
            entry: entryOf(key, 'body'),
            fault: 'asks for a body on a method that has none.',
            remedy: 'Remove it, or use POST, PUT or PATCH.',
          },
        ]
      : []),
    ...unknownMembers(key, body, ['body']),
  ];
}

/** A member that must be there and may not be there would refuse every body. */
function unknownMembers(key: string, schema: JsonSchema, path: readonly PropertyKey[]): Fault[] {
  if (schema.type === 'array') return unknownMembers(key, schema.items, [...path, 'items']);
  if (schema.type !== 'object') return [];
  return [
    ...schema.required
      .filter((member) => !(member in schema.properties))
      .map((member) => ({
        entry: entryOf(key, ...path, 'required'),
        fault: `names "${member}", which is no property.`,
        remedy: 'Correct its spelling or declare it.',
      })),
    ...Object.entries(schema.properties).flatMap(([member, inner]) =>
      unknownMembers(key, inner, [...path, 'properties', member]),
    ),
  ];
}

/** A REST API takes one variable at one place of its tree, so two names for it are two that cannot both be. */
function pathFaults(keys: readonly string[]): Fault[] {
  const nameAt = new Map<string, string>();
  const paths = new Set<string>();
  const faults: Fault[] = [];
  for (const key of keys) {
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
        remedy: 'Give it one name: a REST API takes one at each place.',
      });
    }
  }
  if (paths.size > maxResources) {
    faults.push({
      entry: 'catalogue.partnerRoutes',
      fault: `needs ${paths.size} resources of a REST API; AWS allows ${maxResources}.`,
      remedy: 'Serve fewer paths, or ask for a higher quota and raise the number here.',
    });
  }
  return faults;
}

/** The edge leads all of `/partner/` to the partner API. */
function hiddenRoutes(catalogue: Catalogue): Fault[] {
  return Object.keys(catalogue.routes)
    .filter((key) => / \/partner(\/|$)/.test(key))
    .map((key) => ({
      entry: entryName('catalogue', ['routes', key]),
      fault: 'lies below /partner, which the edge routes to the partner API.',
      remedy: 'Move it to partnerRoutes, or give it another path.',
    }));
}

function planFaults(catalogue: Catalogue): Fault[] {
  return Object.entries(catalogue.plans).flatMap(([name, { requestsPerMonth, rate }]) =>
    [['requestsPerMonth', requestsPerMonth ?? 0] as const, ['rate.burst', rate?.burst ?? 0] as const]
      .filter(([, value]) => value > maxUsagePlanLimit)
      .map(([member, value]) => ({
        entry: `${entryName('catalogue', ['plans', name])}.${member}`,
        fault: `is ${value}, more than a usage plan holds (${maxUsagePlanLimit}).`,
        remedy: 'Lower it, or leave it unlimited.',
      })),
  );
}
