import type { RuntimePolicy } from '../../../runtime/policy/runtime-policy.ts';
import type { GatewayAccess } from '../access/gateway-access.ts';
import type { Rollout } from '../access/policy-store.ts';
import { type ClientOverQuota, clientsOverQuota, describeClientsOverQuota } from './clients-over-quota.ts';
import { type Change, describeChanges, documentChanges } from './document-difference.ts';
import { exitCodes, OpsError } from './ops-error.ts';
import type { Report } from './report.ts';
import { type ChangeOptions, confirm, type Session } from './session.ts';

/** Result of a policy change, for scripts. */
export interface PolicyChange {
  readonly changed: boolean;
  readonly dryRun: boolean;
  readonly environment: string;
  /** Revision of the current document. */
  readonly revision: number;
  readonly version: string;
  readonly changes: readonly Change[];
  /** Clients that have already used more than the change allows them this month. */
  readonly overQuota: readonly ClientOverQuota[];
  /** When the change is in force; null when nothing changes. */
  readonly effect: string | null;
}

/**
 * Changes the runtime policy: reads, edits, validates and shows it, asks for confirmation, records the change, and
 * stores it. It never overwrites a concurrent change.
 *
 * @param edit returns the new document. A former document keeps its version.
 */
export async function changePolicy(
  session: Session<ChangeOptions>,
  edit: (policy: RuntimePolicy) => RuntimePolicy,
  rollout: Rollout = 'staged',
): Promise<Report> {
  const { gateway, ports, options, command } = session;
  const stored = await gateway.policies.current();
  const edited = edit(stored.policy);
  const revision = stored.revision + 1;
  const next = edited.version === stored.policy.version ? { ...edited, version: `r${revision}` } : edited;
  const changes = documentChanges(inForce(gateway, stored.policy), inForce(gateway, next));
  const outcome: PolicyChange = {
    changed: changes.length > 0 && options.dryRun !== true,
    dryRun: options.dryRun === true,
    environment: gateway.environment,
    revision: stored.revision,
    version: stored.policy.version,
    changes,
    overQuota: [],
    effect: null,
  };
  if (changes.length === 0) return reportOf(outcome);

  const faults = gateway.faultsOf(next);
  if (faults.length > 0) {
    throw new OpsError(
      `The policy is invalid:\n${faults.map(({ path, fault }) => `${path}: ${fault}`).join('\n')}`,
      faults.map(({ remedy }) => remedy).join('\n'),
    );
  }
  const over = await clientsOverQuota(gateway, stored.policy, next, ports.now());
  const effect = gateway.policies.effect(rollout);
  if (options.dryRun === true) return reportOf({ ...outcome, overQuota: over, effect });

  await confirm(
    session,
    [`${command} changes:`, ...describeChanges(changes), ...describeClientsOverQuota(over)].join('\n'),
  );
  const finish = await gateway.audit.begin({
    document: 'policy',
    changedAt: new Date(ports.now()).toISOString(),
    who: gateway.who,
    reason: options.reason,
    command,
    changes,
    revision,
  });
  const result = await gateway.policies
    .replace(next, stored.revision, rollout)
    .catch(async (error: unknown) => {
      await finish('failed');
      throw error;
    });
  if (result === 'conflict') {
    await finish('conflict');
    throw new OpsError(
      'Another operator changed the policy at the same time. Their change is kept; yours was not made.',
      'Review policy history, then run the command again.',
      exitCodes.conflict,
    );
  }
  await finish('done');
  return reportOf({ ...outcome, overQuota: over, effect, revision, version: next.version });
}

function reportOf(change: PolicyChange): Report {
  const { changes, overQuota: over, dryRun, version, revision, environment, effect } = change;
  if (changes.length === 0)
    return { json: change, text: `Nothing to change: this is already set in ${environment}.` };
  const end = dryRun
    ? 'Dry run: nothing was changed.'
    : `Done: ${environment} runs policy ${version} (revision ${revision}) ${effect}.`;
  return {
    json: change,
    text: [...describeChanges(changes), ...describeClientsOverQuota(over), end].join('\n'),
  };
}

/** The documents to compare: plans as the authorizer applies them, everything else as stored. */
function inForce({ catalogue }: GatewayAccess, policy: RuntimePolicy): unknown {
  return { ...policy, version: undefined, plans: { ...catalogue.plans, ...policy.plans } };
}
