import type { CheckResult } from '../check-report.ts';
import type { Account, LookupResult } from './account.ts';
import type { DeploymentPlan } from './plan.ts';

/** What a check says of one thing; its name joins it in the report. */
export type Finding = Omit<CheckResult, 'name'>;

/** One question about a deployment that is still to come. */
export interface Check {
  /** In kebab case, as documents name it. */
  readonly name: string;
  /** One finding for each fault, and one for all that is as it should be. Empty where the plan has nothing to check. */
  run(plan: DeploymentPlan, account: Account): Promise<Finding[]>;
}

export const pass = (detail: string): Finding => ({ outcome: 'pass', detail });
export const fail = (detail: string, remedy: string): Finding => ({ outcome: 'fail', detail, remedy });
export const inconclusive = (detail: string): Finding => ({ outcome: 'inconclusive', detail });

/** A finding of what AWS says; a call that failed decides nothing. */
export function findingOf<T>(
  subject: string,
  reading: LookupResult<T>,
  ifFound: (value: T) => Finding,
  ifMissing: Finding,
): Finding {
  if (reading.kind === 'found') return ifFound(reading.value);
  return reading.kind === 'missing' ? ifMissing : inconclusive(`${subject}: ${reading.reason}`);
}

/** A list, one after another: AWS throttles those who ask everything at once. */
export async function mapSequentially<T, R>(
  list: readonly T[],
  ask: (item: T) => Promise<R | readonly R[]>,
): Promise<R[]> {
  const results: R[] = [];
  for (const item of list) {
    const result = await ask(item);
    results.push(...(Array.isArray(result) ? (result as readonly R[]) : [result as R]));
  }
  return results;
}

/** Faults and doubts as they are, and everything that passed in one sentence. */
export function summarizePasses(
  findings: readonly Finding[],
  allPassed: (count: number) => string,
): Finding[] {
  const passed = findings.filter(({ outcome }) => outcome === 'pass');
  const others = findings.filter(({ outcome }) => outcome !== 'pass');
  return [...(passed.length === 0 ? [] : [pass(allPassed(passed.length))]), ...others];
}
