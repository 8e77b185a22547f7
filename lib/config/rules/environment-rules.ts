import { databaseCapacity } from '../capacity.ts';
import type { Fault } from '../config-error.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';

const missing = (environment: Environment, entry: string, user: string): Fault => ({
  entry: `environments/${environment.name}.${entry}`,
  fault: `is missing, but ${user} needs it.`,
  remedy: `Add it to lib/config/environments/${environment.name}.ts.`,
});

/** Every external service of the catalogue needs a URL in the environment. */
export function externalFaults(environment: Environment, { services }: Catalogue): Fault[] {
  return Object.entries(services)
    .filter(([name, { kind }]) => kind === 'external' && !(name in environment.externals))
    .map(([name]) => missing(environment, `externals.${name}`, `the external service "${name}"`));
}

/** Every address list of a route must exist in the environment. */
export function addressListFaults(environment: Environment, { routes }: Catalogue): Fault[] {
  const lists = new Set(Object.values(routes).flatMap((route) => route.addresses ?? []));
  return [...lists]
    .filter((list) => !(list in environment.addressLists))
    .map((list) => missing(environment, `addressLists.${list}`, 'a route of the catalogue'));
}

/** The ACU range must be valid after the figures of `capacity` have filled in omitted ones. */
export function databaseFaults(environment: Environment): Fault[] {
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
