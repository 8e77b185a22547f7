import { createHash } from 'node:crypto';
import type { CohortRule } from '../../../runtime/policy/runtime-policy.ts';

/** The deployment of a service, stable or canary, that answers a call. */
export type Cohort = 'stable' | 'canary';

/** The caller's properties that a cohort may depend on. */
export interface CohortCaller {
  readonly userId: string;
  /** The key of the percentage: a text that stays the same from call to call of one caller. */
  readonly key: string;
  /** The value of a request header, by its lower-case name; empty without one. */
  readonly header: (name: string) => string;
  /** The value of a cookie; empty without one. */
  readonly cookie: (name: string) => string;
}

/** The cohort of one caller of a service. */
export type ChooseCohort = (caller: CohortCaller) => Cohort;

/**
 * Prepares a rule for many calls. The caller's own choice takes precedence, if the rule names a header or a
 * cookie for it, then the list of users, then the percentage.
 */
export function chooseCohort({ percent, salt, users, header, cookie }: CohortRule): ChooseCohort {
  const listed = new Set(users);
  return (caller) => {
    const chosen =
      (header === undefined ? undefined : cohortNamed(caller.header(header))) ??
      (cookie === undefined ? undefined : cohortNamed(caller.cookie(cookie)));
    if (chosen !== undefined) return chosen;
    return listed.has(caller.userId) || positionOf(caller.key, salt) < percent ? 'canary' : 'stable';
  };
}

function cohortNamed(text: string): Cohort | undefined {
  return text === 'stable' || text === 'canary' ? text : undefined;
}

/**
 * A caller's position among all, from 0 to just under 100. It does not depend on the percentage, so a higher
 * one only adds callers.
 */
export function positionOf(key: string, salt: string): number {
  const digest = createHash('sha256').update(`${salt}\n${key}`).digest();
  return (digest.readUInt32BE(0) / 2 ** 32) * 100;
}
