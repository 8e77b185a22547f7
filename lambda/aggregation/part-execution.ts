import type { RequestContext } from './call-part.ts';
import type { Part } from './contract.ts';
import { map } from './mapping.ts';
import { missingInput, type PartOutcome, runPart } from './part.ts';
import type { Scope } from './template.ts';

export type Outcomes = ReadonlyMap<string, PartOutcome>;

/**
 * The first required part in declared order that has no value, so that the order of arrival does not matter.
 */
export interface RequiredFailure {
  readonly part: Part;
  readonly outcome: PartOutcome;
}

export type Run =
  | { readonly kind: 'done'; readonly outcomes: Outcomes }
  | { readonly kind: 'failed'; readonly failure: RequiredFailure };

/**
 * Runs parts: independent ones at once, the others as soon as their predecessors are done. Ends early when
 * required parts have failed.
 *
 * @param parts The parts to run, including those that they depend on; in declared order.
 * @param body The call's own, for parts that forward it.
 */
export async function runParts(
  parts: readonly Part[],
  scope: Omit<Scope, 'parts' | 'each'>,
  body: unknown,
  context: RequestContext,
): Promise<Run> {
  const started = new Map<string, Promise<PartOutcome>>();
  const start = (part: Part): Promise<PartOutcome> => {
    const known = started.get(part.name);
    if (known !== undefined) return known;
    const before = parts.filter(({ name }) => part.after.includes(name));
    const outcome = Promise.all(before.map(start)).then(async (outcomes) => {
      const broken = before.find((_, index) => isEmpty(outcomes[index]));
      if (broken !== undefined) return missingPredecessor(part, broken, outcomes[before.indexOf(broken)]);
      const values = Object.fromEntries(before.map(({ name }, index) => [name, outcomes[index]?.value]));
      const sent = part.send === undefined ? undefined : map(body, part.send);
      const settled = await runPart(part, { ...scope, parts: values }, sent, context);
      logPartFailure(part, settled, context);
      return settled;
    });
    started.set(part.name, outcome);
    return outcome;
  };
  // Starts every part before it awaits any.
  const all = parts.map((part) => ({ part, outcome: start(part) }));
  for (const { part, outcome } of all.filter(({ part }) => part.required)) {
    const settled = await outcome;
    if (isEmpty(settled)) return { kind: 'failed', failure: { part, outcome: settled } };
  }
  const outcomes = await Promise.all(
    all.map(async ({ part, outcome }) => [part.name, await outcome] as const),
  );
  return { kind: 'done', outcomes: new Map(outcomes) };
}

/** The named parts and everything that they depend on, in declared order. */
export function withPredecessors(parts: readonly Part[], names: ReadonlySet<string>): Part[] {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    byName.get(name)?.after.forEach(add);
  };
  names.forEach(add);
  return parts.filter(({ name }) => found.has(name));
}

/** A part that depends on one that does not apply does not apply either. */
function missingPredecessor(part: Part, before: Part, outcome: PartOutcome | undefined): PartOutcome {
  return outcome?.status === 'skipped' ? outcome : missingInput(part, `parts.${before.name}`);
}

/**
 * Logs for operators what callers see in `meta`. Not logged: a stale answer within its terms, the service's
 * refusals, and requests that ended because the answer was known without them.
 */
function logPartFailure(
  { name, service }: Part,
  { status, reason }: PartOutcome,
  { call, log }: RequestContext,
): void {
  const isQuiet = reason === undefined || reason === 'aborted' || reason.startsWith('status 4');
  if (isQuiet || status === 'skipped') return;
  log.warn('A part did not answer as expected.', {
    part: name,
    service,
    status,
    reason,
    route: call.routeKey,
    requestId: call.requestId,
  });
}

function isEmpty(outcome: PartOutcome | undefined): boolean {
  return outcome === undefined || ['failed', 'refused', 'skipped'].includes(outcome.status);
}
