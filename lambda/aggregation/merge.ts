import { isJsonObject } from '../../runtime/json/json-text.ts';
import type { Part } from './contract.ts';
import { pick } from './mapping.ts';
import { shownValue } from './part.ts';
import type { Outcomes } from './part-execution.ts';

export interface Merged {
  /** Without `meta`. */
  readonly body: Readonly<Record<string, unknown>>;
  /** How each part is, which the answer shows beside them. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** Every part that was asked for has its own, current answer. */
  readonly isComplete: boolean;
}

/** Puts the parts together in declared order, whatever the order of their arrival, and says how each of them is. */
export function merge(
  parts: readonly Part[],
  shown: ReadonlySet<string>,
  fields: readonly string[],
  outcomes: Outcomes,
): Merged {
  let top: Readonly<Record<string, unknown>> = {};
  const placed: Record<string, unknown> = {};
  const states: Record<string, unknown> = {};
  let isComplete = true;
  for (const part of parts) {
    const outcome = outcomes.get(part.name);
    if (outcome === undefined || !shown.has(part.name)) continue;
    const value = shownValue(part, outcome);
    if (part.at !== '') placed[part.at] = value;
    // Not by assignment, for which "__proto__" is no member.
    else if (isJsonObject(value)) top = { ...top, ...value };
    const { status, source, ageSeconds, reason } = outcome;
    states[part.name] = { status, source, ageSeconds, ...(reason === undefined ? {} : { reason }) };
    // What does not apply to the caller, and what the cache's terms allow, lacks nothing.
    isComplete &&= status === 'ok' || status === 'skipped' || (status === 'stale' && reason === undefined);
  }
  // A part's place is declared, the members of one at the top are its service's: the declared ones stand.
  const value = { ...top, ...placed };
  const body = fields.length === 0 ? value : (pick(value, fields) as typeof value);
  return { body, meta: { complete: isComplete, parts: states }, isComplete };
}
