import { BlockList } from 'node:net';
import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';

/** Checks the services of the catalogue against the settings of an environment. */
export function serviceEnvironmentFaults(environment: Environment, catalogue: Catalogue): Fault[] {
  const root = `environments/${environment.name}`;
  const { services } = environment;
  const kindOf = (name: string) => catalogue.services[name]?.kind;
  const hasCanary = (name: string) => {
    const service = catalogue.services[name];
    return service?.kind === 'fargate' && service.canary !== undefined;
  };
  const misnamed = (
    path: string,
    names: object,
    isMeant: (name: string) => boolean,
    fault: string,
  ): Fault[] =>
    Object.keys(names)
      .filter((name) => !isMeant(name))
      .map((name) => ({
        entry: entryName(`${root}.${path}`, [name]),
        fault,
        remedy: 'Remove it or correct its name.',
      }));
  const forbidden = (path: string, is: boolean, fault: string): Fault[] =>
    is && environment.name === 'prod' ? [{ entry: `${root}.${path}`, fault, remedy: 'Remove it.' }] : [];
  return [
    ...misnamed(
      'services.tasksByService',
      services.tasksByService,
      (name) => kindOf(name) === 'fargate',
      'sizes a service that is not of kind "fargate" in the catalogue.',
    ),
    ...misnamed(
      'services.canaryImageTags',
      services.canaryImageTags,
      hasCanary,
      'is not a service with a canary deployment.',
    ),
    ...misnamed(
      'addresses',
      environment.addresses,
      (name) => kindOf(name) === 'ip',
      'is not a service of kind "ip".',
    ),
    ...forbidden('services.spotPercent', services.spotPercent > 0, 'would allow AWS to stop tasks in prod.'),
    ...forbidden('services.exec', services.exec, 'would allow shells in prod.'),
    ...Object.keys(catalogue.services)
      .filter((name) => kindOf(name) === 'ip' && !(name in environment.addresses))
      .map((name) => ({
        entry: entryName(`${root}.addresses`, [name]),
        fault: `is missing, but the service "${name}" needs it.`,
        remedy: `Add it to lib/config/environments/${environment.name}.ts.`,
      })),
  ];
}

/** Address ranges of target groups (RFC 1918, RFC 6598); the local run also uses loopback addresses. */
const privateRanges = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const;

/** Targets of a load balancer must have private addresses. */
export function addressFaults({ name, addresses }: Environment): Fault[] {
  const allowed = new BlockList();
  for (const [network, bits] of privateRanges) allowed.addSubnet(network, bits);
  if (name === 'local') allowed.addSubnet('127.0.0.0', 8);
  return Object.entries(addresses).flatMap(([service, targets]) =>
    targets
      .filter(({ address }) => !allowed.check(address))
      .map(({ address }) => ({
        entry: entryName(`environments/${name}.addresses`, [service]),
        fault: `has ${address}, which is not a private address; target groups accept only private addresses.`,
        remedy: 'Give an address of the VPC or of a connected network.',
      })),
  );
}

/** At least half of a task must remain for the service. */
export function collectorFaults(environment: Environment, { services }: Catalogue): Fault[] {
  const { collector } = environment.services;
  if (collector === undefined) return [];
  return Object.entries(services).flatMap(([name, service]) =>
    service.kind === 'fargate' &&
    (collector.cpu * 2 > service.cpu || collector.memoryMiB * 2 > service.memoryMiB)
      ? [
          {
            entry: `environments/${environment.name}.services.collector`,
            fault: `takes more than half of a task of "${name}" (${service.cpu} units, ${service.memoryMiB} MiB).`,
            remedy: "Lower the collector's size, or raise the service's.",
          },
        ]
      : [],
  );
}
