import { createHash } from 'node:crypto';

/** Highest priority of a listener rule ("Listener rules", Application Load Balancer guide). */
const lastPriority = 50_000;
/** Lower priorities are reserved for the rules of refusals and of the health answer. */
const firstServicePriority = 1_000;
/** Each service has two priorities; the lower one is its canary's. */
const step = 2;
const slots = (lastPriority - firstServicePriority) / step;

/** Even, and above the reserved priorities. */
export const isListenerPriority = (value: number): boolean =>
  value >= firstServicePriority && value <= lastPriority && value % step === 0;

/**
 * Priority of the listener rule of a service: its own setting, otherwise one that depends on its name alone. A call
 * matches the rule of one service only, so the order does not matter. But CloudFormation changes rules one by one and
 * fails if a new priority is still used by another rule. Adding or removing a service must therefore not change the
 * priorities of others.
 */
export function listenerPriority(
  name: string,
  { listenerPriority: own }: { readonly listenerPriority?: number | undefined },
): number {
  const slot = createHash('sha256').update(name).digest().readUInt32BE() % slots;
  return own ?? firstServicePriority + slot * step;
}

/** The lowest service priority that is not in `taken`. */
export function freeListenerPriority(taken: ReadonlySet<number>): number {
  let free = firstServicePriority;
  while (taken.has(free)) free += step;
  return free;
}
