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

/** Zones are in the region of the environment, and differ. */
export function zoneFaults({ name, region, availabilityZones }: Environment): Fault[] {
  return availabilityZones.flatMap((zone, index) => {
    const isOfRegion = zone.startsWith(region) && zone.length === region.length + 1;
    if (isOfRegion && availabilityZones.indexOf(zone) === index) return [];
    return [
      {
        entry: `environments/${name}.availabilityZones[${index}]`,
        fault: isOfRegion ? `repeats "${zone}".` : `is "${zone}", which is not in the region ${region}.`,
        remedy: `Give three zones of the region, such as ${region}a. The account's zones: aws ec2 describe-availability-zones --region ${region}`,
      },
    ];
  });
}
