import type { PolledConfiguration } from '../../runtime/aws/appconfig-data.ts';
import { describeError, type Log } from '../../runtime/logging/log.ts';
import { embeddedMetrics } from '../../runtime/logging/metrics.ts';
import { describeFaults, readRuntimePolicy } from '../../runtime/policy/runtime-policy.ts';
import { driftMetric, type PlanLimits, usagePlanSettings } from './contract.ts';
import { patchOperations } from './usage-plan-patch.ts';
import type { UsagePlans } from './usage-plans.ts';

export interface SyncDependencies {
  /** The catalogue's plans, by name. */
  readonly plans: Readonly<Record<string, PlanLimits>>;
  /** Ids of the usage plans, by the name of the plan. */
  readonly usagePlanIds: Readonly<Record<string, string>>;
  /** The deployed runtime policy, whole. */
  readonly readPolicy: () => Promise<PolledConfiguration>;
  readonly usagePlans: UsagePlans;
  /** Value of the metric's dimension. */
  readonly environment: string;
  readonly writeMetrics: (line: string) => void;
  readonly log: Log;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** The result of a sync. */
export interface SyncReport {
  /** Names of the plans that were changed, were already equal, and may differ. */
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  readonly drifting: readonly string[];
}

/**
 * Applies the terms of the public API to each usage plan of the partner API: those of the runtime policy, or
 * else the catalogue's. A plan that only the runtime policy has exists only at the public API. A usage plan
 * that cannot be read or changed is counted as drifting and does not stop the others.
 *
 * @returns The handler, which ignores its event and compares everything. It rejects when the runtime policy
 * cannot be
 * read, after counting every plan.
 */
export function createSync(dependencies: SyncDependencies): () => Promise<SyncReport> {
  const { usagePlanIds, usagePlans, log } = dependencies;

  const agree = async (name: string, id: string, terms: PlanLimits): Promise<keyof SyncReport> => {
    try {
      const operations = patchOperations(await usagePlans.read(id), usagePlanSettings(terms));
      if (operations.length === 0) return 'unchanged';
      await usagePlans.patch(id, operations);
      log.warn('A usage plan was changed.', { plan: name, operations: JSON.stringify(operations) });
      return 'changed';
    } catch (error) {
      log.error('A usage plan could not be compared or changed.', {
        plan: name,
        error: describeError(error),
      });
      return 'drifting';
    }
  };

  const report = (drifting: number) =>
    dependencies.writeMetrics(
      embeddedMetrics(
        [{ dimensions: ['environment'], counts: { [driftMetric]: drifting } }],
        { environment: dependencies.environment },
        dependencies.now(),
      ),
    );

  return async () => {
    const plans = await plansInForce(dependencies).catch((error: unknown) => {
      report(Object.keys(usagePlanIds).length);
      throw error;
    });
    const outcome: Record<keyof SyncReport, string[]> = { changed: [], unchanged: [], drifting: [] };
    for (const [name, id] of Object.entries(usagePlanIds)) {
      const terms = plans[name];
      // The next deployment deletes a usage plan whose plan is gone; until then no keys are added to it.
      if (terms !== undefined) outcome[await agree(name, id, terms)].push(name);
    }
    report(outcome.drifting.length);
    return outcome;
  };
}

async function plansInForce({
  plans,
  readPolicy,
}: SyncDependencies): Promise<Readonly<Record<string, PlanLimits>>> {
  const polled = await readPolicy();
  if (polled.kind !== 'document') return plans;
  const read = readRuntimePolicy(polled.text);
  if (read.kind === 'invalid') {
    throw new Error(`The runtime policy is not valid.\n${describeFaults(read.faults)}`);
  }
  return { ...plans, ...read.policy.plans };
}
