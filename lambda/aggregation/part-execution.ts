import type { RequestContext } from './call-part.ts';
import type { Part } from './contract.ts';
import { map } from './mapping.ts';
import { missingInput, type PartOutcome, runPart } from './part.ts';
import type { Scope } from './template.ts';

export type Outcomes = ReadonlyMap<string, PartOutcome>;

/** A required part that has no value, the first in declared order, so that arrival decides nothing. */
export interface RequiredFailure {
  readonly part: Part;
  readonly outcome: PartOutcome;
}

export type Run =
  | { readonly kind: 'done'; readonly outcomes: Outcomes }
  | { readonly kind: 'failed'; readonly failure: RequiredFailure };

/**
 * Runs parts: independent ones at once, the others as soon as those before them are done. Ends early when required
 * parts have failed.
 *
 * @param wanted Names of the parts to run; they hold whatever those depend on.
 * @param body The call's own, for parts that send it on.
 */
export async function runParts(
  parts: readonly Part[],
  wanted: ReadonlySet<string>,
  scope: Omit<Scope, 'parts' | 'each'>,
  body: unknown,
  asking: RequestContext,
): Promise<Run> {
  const started = new Map<string, Promise<PartOutcome>>();
  const running = parts.filter(({ name }) => wanted.has(name));
  const start = (part: Part): Promise<PartOutcome> => {
    const known = started.get(part.name);
    if (known !== undefined) return known;
    const before = running.filter(({ name }) => part.after.includes(name));
    const outcome = Promise.all(before.map(start)).then(async (outcomes) => {
      const broken = before.find((_, index) => isEmpty(outcomes[index]));
      if (broken !== undefined) return withoutBefore(part, broken, outcomes[before.indexOf(broken)]);
      const values = Object.fromEntries(before.map(({ name }, index) => [name, outcomes[index]?.value]));
      const sent = part.send === undefined ? undefined : map(body, part.send);
      const settled = await runPart(part, { ...scope, parts: values }, sent, asking);
      logPartFailure(part, settled, asking);
      return settled;
    });
    started.set(part.name, outcome);
    return outcome;
  };
  // Every part starts before any is waited for.
  const all = running.map((part) => ({ part, outcome: start(part) }));
  for (const { part, outcome } of all.filter(({ part }) => part.required)) {
    const settled = await outcome;
    if (isEmpty(settled)) return { kind: 'failed', failure: { part, outcome: settled } };
  }
  const outcomes = await Promise.all(
    all.map(async ({ part, outcome }) => [part.name, await outcome] as const),
  );
  return { kind: 'done', outcomes: new Map(outcomes) };
}

/** The parts and everything that they depend on. */
export function withPredecessors(parts: readonly Part[], names: ReadonlySet<string>): ReadonlySet<string> {
  const byName = new Map(parts.map((part) => [part.name, part]));
  const found = new Set<string>();
  const add = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    byName.get(name)?.after.forEach(add);
  };
  names.forEach(add);
  return found;
}

/** What depends on a part that does not apply does not apply either. */
function withoutBefore(part: Part, before: Part, outcome: PartOutcome | undefined): PartOutcome {
  return outcome?.status === 'skipped' ? outcome : missingInput(part, `parts.${before.name}`);
}

/**
 * What callers see in `meta`, for those who run the service. Not told: a stale answer within its terms, what the service
 * says is the caller's fault, and requests that ended because the answer was known without them.
 */
function logPartFailure(
  { name, service }: Part,
  { status, reason }: PartOutcome,
  { call, log }: RequestContext,
): void {
  const isQuiet = reason === undefined || reason === 'aborted' || reason.startsWith('status 4');
  if (isQuiet || status === 'skipped') return;
  log.warn('A part did not answer as it should.', {
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
