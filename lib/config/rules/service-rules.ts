import { BlockList } from 'node:net';
import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Catalogue, FargateService, Service } from '../schemas/catalogue.ts';
import type { Environment } from '../schemas/environment.ts';
import { listenerPriorityFaults } from './listener-priority.ts';

/** CloudFormation refuses a deployment whose traffic takes longer than 33 hours to move and to be watched. */
const maxShiftMinutes = 33 * 60;

/** MiB that Fargate sells for so many CPU units ("Task CPU and memory", Amazon ECS guide), in steps of 1024 beyond. */
const memoryOf = {
  256: { least: 512, most: 2_048 },
  512: { least: 1_024, most: 4_096 },
  1024: { least: 2_048, most: 8_192 },
  2048: { least: 4_096, most: 16_384 },
  4096: { least: 8_192, most: 30_720 },
} as const;

/** The name of a service's second deployment, in decisions' targets, logs and the local run. */
export function canaryName(service: string): string {
  return `${service}-canary`;
}

/** Whether the load balancer has targets for a service of this kind; all others are asked by a function. */
export function isBalanced(kind: Service['kind'] | undefined): boolean {
  return kind === 'fargate' || kind === 'ip';
}

const entry = (name: string, ...path: string[]) => entryName('catalogue', ['services', name, ...path]);

/** What no single field of a service shows. */
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
        fault: `does not go with ${service.balancing}.`,
        remedy: 'Balance by round_robin, or leave it out.',
      });
    }
    if (service.stickiness !== undefined && cached.has(name)) {
      faults.push({
        entry: entry(name, 'stickiness'),
        fault: "would hand one caller's cookie to others, because the edge caches a route of the service.",
        remedy: 'Take `cache` off its routes, or leave stickiness out.',
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
      fault: `is not sold with ${service.cpu} units.`,
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
      remedy: 'Rename it, or leave the canary out.',
    });
  }
  return faults;
}

/** What services ask of an environment, and what an environment says of services that are not there. */
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
    is && environment.name === 'prod' ? [{ entry: `${root}.${path}`, fault, remedy: 'Leave it out.' }] : [];
  return [
    ...misnamed(
      'services.tasksByService',
      services.tasksByService,
      (name) => kindOf(name) === 'fargate',
      'sizes a service that the catalogue does not run.',
    ),
    ...misnamed(
      'services.canaryImageTags',
      services.canaryImageTags,
      hasCanary,
      'is no service with a canary deployment.',
    ),
    ...misnamed(
      'addresses',
      environment.addresses,
      (name) => kindOf(name) === 'ip',
      'is no service of kind "ip".',
    ),
    ...forbidden('services.spotPercent', services.spotPercent > 0, 'would let AWS take tasks away in prod.'),
    ...forbidden('services.exec', services.exec, 'would open shells in prod.'),
    ...Object.keys(catalogue.services)
      .filter((name) => kindOf(name) === 'ip' && !(name in environment.addresses))
      .map((name) => ({
        entry: entryName(`${root}.addresses`, [name]),
        fault: `is missing, and the service "${name}" needs it.`,
        remedy: `Add it to lib/config/environments/${environment.name}.ts.`,
      })),
    ...addressFaults(environment),
    ...collectorFaults(catalogue, environment),
  ];
}

/** What a target group of addresses may hold (RFC 1918, RFC 6598); a laptop has its loopback. */
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
        fault: `has ${address}, which is no private address: a target group takes no others.`,
        remedy: 'Give an address of the VPC or of a network that is connected to it.',
      })),
  );
}

/** The collector is a guest: at least half of a task is the service's own. */
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
            remedy: 'Give the collector less, or the service more.',
          },
        ]
      : [],
  );
}
