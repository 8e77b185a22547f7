import type { Fault } from '../config-error.ts';
import type { PartsComposition } from '../schemas/catalogue.ts';
import { expressionsOf } from '../schemas/compositions.ts';

type Part = PartsComposition['parts'][string];

/** The expressions that a part uses. */
export const partExpressions = (part: Pick<Part, 'path' | 'each'>): string[] => [
  ...expressionsOf(part.path),
  ...(part.each === undefined ? [] : [part.each.of]),
];

/** Parts that must be answered before a part: those in its path and array, and those in `after`. */
export function partDependencies(part: Pick<Part, 'path' | 'each' | 'after'>): string[] {
  const named = partExpressions(part)
    .filter((expression) => expression.startsWith('parts.'))
    .map((expression) => expression.split('.')[1] ?? '');
  return [...new Set([...part.after, ...named])];
}

/**
 * Dependencies between parts that form a cycle, name an unknown part, or lead from a required part to an optional one.
 */
export function partOrderFaults(entry: string, { parts }: PartsComposition): Fault[] {
  const faults: Fault[] = [];
  for (const [name, part] of Object.entries(parts)) {
    const at = `${entry}.parts.${name}`;
    for (const before of partDependencies(part)) {
      const predecessor = parts[before];
      if (predecessor === undefined) {
        faults.push({
          entry: at,
          fault: `needs the part "${before}", which does not exist.`,
          remedy: `Use one of ${Object.keys(parts).join(', ')}.`,
        });
      } else if (part.required && !predecessor.required) {
        faults.push({
          entry: at,
          fault: `is required, but needs "${before}", which is optional.`,
          remedy: `Make "${before}" required, or "${name}" optional.`,
        });
      }
    }
  }
  const cycle = findCycle(parts);
  if (cycle !== undefined) {
    faults.push({
      entry: `${entry}.parts`,
      fault: `wait for each other: ${cycle.join(' > ')}.`,
      remedy: 'Remove one of these dependencies.',
    });
  }
  return faults;
}

export function findCycle(parts: PartsComposition['parts']): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): string[] | undefined => {
    if (trail.includes(name)) return [...trail.slice(trail.indexOf(name)), name];
    const part = parts[name];
    if (part === undefined || done.has(name)) return undefined;
    for (const before of partDependencies(part)) {
      const found = visit(before, [...trail, name]);
      if (found !== undefined) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of Object.keys(parts)) {
    const found = visit(name, []);
    if (found !== undefined) return found;
  }
  return undefined;
}
