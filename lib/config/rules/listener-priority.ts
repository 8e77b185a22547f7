import { createHash } from 'node:crypto';
import type { Fault } from '../config-error.ts';
import { entryName } from '../parse.ts';
import type { Service } from '../schemas/catalogue.ts';

/** A listener's priorities end here ("Listener rules", Application Load Balancer guide). */
const lastPriority = 50_000;
/** Rules of refusals and of health come before those of services. */
const firstServicePriority = 1_000;
/** Of each two, the service's canary has the one before. */
const step = 2;
const slots = (lastPriority - firstServicePriority) / step;

/** Even, and past the rules of refusals. */
export const isListenerPriority = (value: number): boolean =>
  value >= firstServicePriority && value <= lastPriority && value % step === 0;

/**
 * The priority of the rule that leads to a service: its own setting, else one that follows from the name alone. No two of
 * these rules match one call, so their order means nothing. But CloudFormation changes rules one by one, and fails where a new
 * priority still is another rule's: a service that comes or goes must leave the others' where they are.
 */
export function listenerPriority(
  name: string,
  { listenerPriority: own }: { readonly listenerPriority?: number | undefined },
): number {
  const slot = createHash('sha256').update(name).digest().readUInt32BE() % slots;
  return own ?? firstServicePriority + slot * step;
}

/** Services of the load balancer that would have one priority. */
export function listenerPriorityFaults(services: Readonly<Record<string, Service>>): Fault[] {
  const priorities = Object.entries(services).flatMap(([name, service]) =>
    service.kind === 'fargate' || service.kind === 'ip'
      ? [[name, listenerPriority(name, service)] as const]
      : [],
  );
  const taken = new Set(priorities.map(([, priority]) => priority));
  return priorities.flatMap(([name, priority], index) => {
    const holder = priorities.slice(0, index).find(([, other]) => other === priority)?.[0];
    if (holder === undefined) return [];
    let free = firstServicePriority;
    while (taken.has(free)) free += step;
    return [
      {
        entry: entryName('catalogue', ['services', name, 'listenerPriority']),
        fault: `is ${priority}, as that of the service "${holder}".`,
        remedy: `Give one of the two, the one that is not deployed yet, another: listenerPriority: ${free}.`,
      },
    ];
  });
}
