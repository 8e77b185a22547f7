import { isJsonObject } from '../../runtime/json/json-text.ts';
import type { Part } from './contract.ts';
import { pick } from './mapping.ts';
import { shownValue } from './part.ts';
import type { Outcomes } from './part-execution.ts';

export interface Merged {
  /** Without `meta`. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The status of each part, which the answer shows beside them. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** Every requested part has its own, current answer. */
  readonly isComplete: boolean;
}

/** Merges the parts in declared order, whatever the order of their arrival, with the status of each. */
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
    // Not by assignment, which does not create a member "__proto__".
    else if (isJsonObject(value)) top = { ...top, ...value };
    const { status, source, ageSeconds, reason } = outcome;
    states[part.name] = { status, source, ageSeconds, ...(reason === undefined ? {} : { reason }) };
    // An answer is complete without parts that do not apply to the caller, and with stale ones within the
    // cache's terms.
    isComplete &&= status === 'ok' || status === 'skipped' || (status === 'stale' && reason === undefined);
  }
  // Declared parts take precedence over the members of a part at the top level.
  const value = { ...top, ...placed };
  const body = fields.length === 0 ? value : (pick(value, fields) as typeof value);
  return { body, meta: { complete: isComplete, parts: states }, isComplete };
}
