import type { Fault } from '../config-error.ts';
import { freeListenerPriority, listenerPriority } from '../listener-priority.ts';
import { entryName } from '../parse.ts';
import { type Catalogue, functionServices, type Service } from '../schemas/catalogue.ts';

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

/** Slow start and sticky sessions must suit the service's load balancing and routes. */
export function balancingFaults(name: string, service: Service, catalogue: Catalogue): Fault[] {
  if (service.kind !== 'fargate' && service.kind !== 'ip') return [];
  const isCached = Object.values(catalogue.routes).some(
    (route) => route.cache !== undefined && route.service === name,
  );
  const faults: Fault[] = [];
  if (service.slowStartSeconds !== undefined && service.balancing !== 'round_robin') {
    faults.push({
      entry: entry(name, 'slowStartSeconds'),
      fault: `is not supported with ${service.balancing}.`,
      remedy: 'Use round_robin, or remove it.',
    });
  }
  if (service.stickiness !== undefined && isCached) {
    faults.push({
      entry: entry(name, 'stickiness'),
      fault: "would share one caller's cookie with others, because the edge caches a route of the service.",
      remedy: 'Remove `cache` from its routes, or remove stickiness.',
    });
  }
  return faults;
}

/** Task size, deployment time and canary name of a service must be valid for Fargate and CloudFormation. */
export function taskFaults(name: string, service: Service, { services }: Catalogue): Fault[] {
  if (service.kind !== 'fargate') return [];
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

/** A service of kind `function` must have the name of a function that serves routes. */
export function functionServiceFaults(name: string, { kind }: Service): Fault[] {
  if (kind !== 'function' || functionServices.some((known) => known === name)) return [];
  return [
    {
      entry: entry(name),
      fault: 'is not the name of a function that serves routes.',
      remedy: `Use one of ${functionServices.join(', ')}.`,
    },
  ];
}

/** Services can call each other only if they run in containers of this application. */
export function serviceCallFaults(name: string, service: Service, { services }: Catalogue): Fault[] {
  return (service.kind === 'fargate' ? service.calls : [])
    .filter((called) => called === name || services[called]?.kind !== 'fargate')
    .map((called) => ({
      entry: entry(name, 'calls'),
      fault:
        called === name ? 'names the service itself.' : `names "${called}", which is not of kind "fargate".`,
      remedy: 'Name other services of kind "fargate".',
    }));
}

/** Listener priorities of load-balanced services must differ. */
export function listenerPriorityFaults({ services }: Pick<Catalogue, 'services'>): Fault[] {
  const priorities = Object.entries(services).flatMap(([name, service]) =>
    service.kind === 'fargate' || service.kind === 'ip'
      ? [[name, listenerPriority(name, service)] as const]
      : [],
  );
  const taken = new Set(priorities.map(([, priority]) => priority));
  return priorities.flatMap(([name, priority], index) => {
    const holder = priorities.slice(0, index).find(([, other]) => other === priority)?.[0];
    if (holder === undefined) return [];
    return [
      {
        entry: entry(name, 'listenerPriority'),
        fault: `is ${priority}, the same as that of the service "${holder}".`,
        remedy: `Set listenerPriority: ${freeListenerPriority(taken)} on the one of the two that is not deployed yet.`,
      },
    ];
  });
}
