import type { CheckResult } from '../check-report.ts';

/** What a check has found. */
export type Finding = Pick<CheckResult, 'outcome' | 'detail'>;

/** One question about a deployment, asked through ports of one kind. */
export interface Check<Ports> {
  /** In kebab case; docs/aws-assumptions.md and docs/operations.md use it. */
  readonly name: string;
  /** Row of docs/aws-assumptions.md that it settles; absent where it looks at the state of the deployment alone. */
  readonly assumption?: string;
  readonly remedy: string;
  /** Whatever it throws is a `inconclusive`. */
  readonly run: (ports: Ports) => Promise<Finding>;
}

const pass = (detail: string): Finding => ({ outcome: 'pass', detail });
export const fail = (detail: string): Finding => ({ outcome: 'fail', detail });
export const inconclusive = (detail: string): Finding => ({ outcome: 'inconclusive', detail });

/** Passes where nothing was found at fault; otherwise fails with all of it. */
export function passUnlessFaults(faults: readonly string[], detail: string): Finding {
  return faults.length === 0 ? pass(detail) : fail(faults.join('; '));
}

/** Runs checks one after the other: those that use up a limit come last. */
export async function runChecks<Ports>(
  checks: readonly Check<Ports>[],
  ports: Ports,
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, remedy, run } of checks) {
    let finding: Finding;
    try {
      finding = await run(ports);
    } catch (error) {
      finding = inconclusive(error instanceof Error ? error.message : String(error));
    }
    results.push({ name, ...finding, ...(finding.outcome === 'fail' ? { remedy } : {}) });
  }
  return results;
}
