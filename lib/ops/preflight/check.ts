import type { CheckResult } from '../check-report.ts';
import type { Account, LookupResult } from './account.ts';
import type { DeploymentPlan } from './plan.ts';

/** One result of a check, without the name of the check. */
export type Finding = Omit<CheckResult, 'name'>;

/** One check before a deployment. */
export interface Check {
  /** Kebab case, as in the documentation. */
  readonly name: string;
  /** One finding per fault, and one for everything that passed. Empty if the plan has nothing to check. */
  run(plan: DeploymentPlan, account: Account): Promise<Finding[]>;
}

export const pass = (detail: string): Finding => ({ outcome: 'pass', detail });
export const fail = (detail: string, remedy: string): Finding => ({ outcome: 'fail', detail, remedy });
export const inconclusive = (detail: string): Finding => ({ outcome: 'inconclusive', detail });

/** Finding of a lookup; a failed call is inconclusive. */
export function findingOf<T>(
  subject: string,
  reading: LookupResult<T>,
  ifFound: (value: T) => Finding,
  ifMissing: Finding,
): Finding {
  if (reading.kind === 'found') return ifFound(reading.value);
  return reading.kind === 'missing' ? ifMissing : inconclusive(`${subject}: ${reading.reason}`);
}

/** Maps a list in sequence, because AWS throttles many parallel calls. */
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

/** Keeps failed and inconclusive findings, and combines everything that passed into one. */
export function summarizePasses(
  findings: readonly Finding[],
  allPassed: (count: number) => string,
): Finding[] {
  const passed = findings.filter(({ outcome }) => outcome === 'pass');
  const others = findings.filter(({ outcome }) => outcome !== 'pass');
  return [...(passed.length === 0 ? [] : [pass(allPassed(passed.length))]), ...others];
}
