import { BlockList } from 'node:net';
import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue, FargateService, Service } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';
import { listenerPriorityFaults } from './listener-priority.ts';

/** CloudFormation limit for shifting the traffic of a deployment and its bake time. */
const maxShiftMinutes = 33 * 60;

/**
 * Memory in MiB that Fargate offers per CPU units, in steps of 1024 ("Task CPU and memory", Amazon ECS guide).
 */
const memoryOf = {
  256: { least: 512, most: 2_048 },
  512: { least: 1_024, most: 4_096 },
  1024: { least: 2_048, most: 8_192 },
  2048: { least: 4_096, most: 16_384 },
  4096: { least: 8_192, most: 30_720 },
} as const;

/** Name of the canary deployment of a service in decisions, logs and the local run. */
export function canaryName(service: string): string {
  return `${service}-canary`;
}

/** Whether services of this kind are targets of the load balancer. A function calls all others. */
export function isBalanced(kind: Service['kind'] | undefined): boolean {
  return kind === 'fargate' || kind === 'ip';
}

const entry = (name: string, ...path: string[]) => entryName('catalogue', ['services', name, ...path]);

/** Checks the combinations of a service's fields. */
export function serviceFaults(catalogue: Catalogue): Fault[] {
  const cached = new Set(
    Object.values(catalogue.routes).flatMap((route) => (route.cache ? [route.service] : [])),
  );
  const single = Object.entries(catalogue.services).flatMap(([name, service]) => {
    if (service.kind !== 'fargate' && service.kind !== 'ip') return [];
    const faults: Fault[] = [];
    if (service.slowStartSeconds !== undefined && service.balancing !== 'round_robin') {
      faults.push({
        entry: entry(name, 'slowStartSeconds'),
        fault: `is not supported with ${service.balancing}.`,
        remedy: 'Use round_robin, or remove it.',
      });
    }
    if (service.stickiness !== undefined && cached.has(name)) {
      faults.push({
        entry: entry(name, 'stickiness'),
        fault: "would share one caller's cookie with others, because the edge caches a route of the service.",
        remedy: 'Remove `cache` from its routes, or remove stickiness.',
      });
    }
    return service.kind === 'fargate' ? [...faults, ...taskFaults(name, service, catalogue)] : faults;
  });
  return [...single, ...listenerPriorityFaults(catalogue.services)];
}

function taskFaults(name: string, service: FargateService, { services }: Catalogue): Fault[] {
  const faults: Fault[] = [];
  const { least, most } = memoryOf[service.cpu];
  const { memoryMiB, deployment, canary } = service;
  if (memoryMiB < least || memoryMiB > most || (memoryMiB % 1_024 !== 0 && memoryMiB !== 512)) {
    faults.push({
      entry: entry(name, 'memoryMiB'),
      fault: `is not offered by Fargate with ${service.cpu} units.`,
      remedy: `Give ${least} to ${most} MiB, in steps of 1024.`,
    });
  }
  if (deployment.kind === 'canary' && deployment.stepBakeMinutes + deployment.bakeMinutes > maxShiftMinutes) {
    faults.push({
      entry: entry(name, 'deployment'),
      fault: `takes ${deployment.stepBakeMinutes + deployment.bakeMinutes} minutes; CloudFormation allows ${maxShiftMinutes}.`,
      remedy: 'Lower stepBakeMinutes or bakeMinutes.',
    });
  }
  if (canary !== undefined && canaryName(name) in services) {
    faults.push({
      entry: entry(canaryName(name)),
      fault: `has the name of the canary deployment of "${name}".`,
      remedy: 'Rename it, or remove the canary.',
    });
  }
  return faults;
}

/** Checks the services of the catalogue against the settings of an environment. */
export function serviceEnvironmentFaults(catalogue: Catalogue, environment: Environment): Fault[] {
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
    ...addressFaults(environment),
    ...collectorFaults(catalogue, environment),
  ];
}

/** Address ranges of target groups (RFC 1918, RFC 6598); the local run also uses loopback addresses. */
const privateRanges = [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
] as const;

function addressFaults({ name, addresses }: Environment): Fault[] {
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
function collectorFaults({ services }: Catalogue, environment: Environment): Fault[] {
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
